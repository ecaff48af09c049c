/* SPDX-License-Identifier: BSD-2-Clause */
/* Acts on an engine with the synchronisation types and on its model. */
#include "tests/support/sync_run.h"

#include "daemon/engine/state.h"
#include "daemon/objects/handlers.h"
#include "ops_numbers.h"
#include "tests/support/reload.h"
#include "wire.pb-c.h"

enum { PARKED_MAX = 8, FOR_EVER = 0, CHECK_EVERY = 64 };

void sync_run_init(struct sync_run *run, uint64_t seed)
{
    memset(run, 0, sizeof *run);
    world_init(&run->world, objects_handlers());
    sync_model_init(&run->model, run->world.now_ms);
    sync_message_init(&run->message);
    run->seed_first = seed;
    run->seed = seed;
    run->choice = (struct choice){.seed = &run->seed};
}

void sync_run_free(struct sync_run *run)
{
    reload_must_agree(&run->world);
    sync_message_free(&run->message);
    world_free(&run->world);
}

static struct sync_act *act_new(struct sync_run *run, const char *what,
                                const struct sync_request *r)
{
    struct sync_act *act = &run->acts[run->act_count++ % SYNC_LAST];
    *act = (struct sync_act){.what = what, .request = *r};
    run->world.applied = (struct applied){.outcome = OUTCOME_NONE}; /* a read leaves it so */
    return act;
}

static void act_done(struct sync_run *run, struct sync_act *act)
{
    act->outcome = run->world.applied.outcome;
    act->first = run->world.applied.first;
    act->last = run->world.applied.last;
    sync_run_compare(run);
}

/* ---- slots ---- */

static struct sync_slot *slot_of(struct sync_run *run, unsigned who, uint64_t id)
{
    return &run->slots[who][id % WORLD_WINDOW];
}

static unsigned parked_count(const struct sync_run *run, unsigned who)
{
    unsigned count = 0;
    for (unsigned i = 0; i < WORLD_WINDOW; i++)
        count += run->slots[who][i].parked;
    return count;
}

static uint64_t next_id(struct sync_run *run, unsigned who)
{
    uint64_t id = run->world.clients[who].id + 1;
    while (slot_of(run, who, id)->parked)
        id++;
    return id;
}

static void forget(struct sync_run *run, unsigned who, uint64_t acked)
{
    for (unsigned i = 0; i < WORLD_WINDOW; i++) {
        struct sync_slot *slot = &run->slots[who][i];
        if (slot->id != 0 && slot->id <= acked && !slot->parked) {
            slot->forgotten = true;
            sync_model_settle(&run->model, who, slot->id);
        }
    }
}

/* Some id up to which the client has all replies. */
static uint64_t acked_choose(struct sync_run *run, unsigned who)
{
    uint64_t most = run->world.clients[who].id;
    for (unsigned i = 0; i < WORLD_WINDOW; i++) {
        const struct sync_slot *slot = &run->slots[who][i];
        most = slot->parked && slot->id <= most ? slot->id - 1 : most;
    }
    return most - choose(&run->choice, 4) % (most + 1);
}

/* What the request has done to its slot. own: its reply; NULL: it waits. */
static void slot_take(struct sync_run *run, const struct sync_request *r, const struct seen *own)
{
    struct sync_slot *slot = slot_of(run, r->who, r->id);
    enum outcome outcome = run->world.applied.outcome;
    if (outcome != OUTCOME_EFFECT && outcome != OUTCOME_PARKED)
        return;
    forget(run, r->who, r->acked < r->id ? r->acked : r->id - 1);
    if (slot->id != 0)
        sync_model_settle(&run->model, r->who, slot->id);
    *slot = (struct sync_slot){.id = r->id, .operation = run->sent, .parked = own == NULL};
    if (own != NULL) {
        slot->lent = r->reserve && r->op == OP_queue_get;
        slot->revision = own->revision;
        slot->len = own->own_len;
        must(own->own_len <= sizeof slot->reply);
        memcpy(slot->reply, own->own, own->own_len);
    }
}

static void slots_clear(struct sync_run *run, unsigned who)
{
    memset(run->slots[who], 0, sizeof run->slots[who]);
}

/* ---- requests ---- */

static void keep_sent(struct sync_operation *sent, const ProtobufCMessage *in)
{
    sent->descriptor = in->descriptor;
    sent->len = protobuf_c_message_get_packed_size(in);
    must(sent->len <= sizeof sent->bytes);
    protobuf_c_message_pack(in, sent->bytes);
}

static const struct seen *ask(struct sync_run *run, const struct sync_request *r,
                              const ProtobufCMessage *in)
{
    keep_sent(&run->sent, in);
    return world_ask(&run->world, r->who,
                     &(struct ask){.id = r->id,
                                   .acked = r->acked,
                                   .holder = r->holder,
                                   .wait_ms = r->wait_ms,
                                   .require = r->require},
                     in);
}

/* ---- connections ---- */

static void go(struct sync_run *run, unsigned who)
{
    struct sync_act *act = act_new(run, "away", &(struct sync_request){.who = who});
    bool news = sync_model_away(&run->model, who);
    sync_wrong(run, (world_away(&run->world, who).first != 0) == news, "who is away");
    act_done(run, act);
}

static void come_back(struct sync_run *run, unsigned who)
{
    struct sync_act *act = act_new(run, "back", &(struct sync_request){.who = who});
    bool news = sync_model_back(&run->model, who);
    sync_wrong(run, (world_back(&run->world, who).first != 0) == news, "who is back");
    act_done(run, act);
}

static void boot(struct sync_run *run)
{
    struct sync_act *act = act_new(run, "boot", &(struct sync_request){.who = 0});
    sync_model_boot(&run->model);
    world_boot(&run->world);
    act_done(run, act);
}

/* Who asks has a connection. */
static void be_there(struct sync_run *run, unsigned who)
{
    if (run->model.away[who])
        come_back(run, who);
}

static void request(struct sync_run *run, struct sync_request *r)
{
    be_there(run, r->who);
    r->id = next_id(run, r->who);
    r->acked = choose_rarely(&run->choice, 16) ? acked_choose(run, r->who) : 0;
    struct sync_act *act = act_new(run, "request", r);
    sync_model_request(&run->model, r, engine_revision(run->world.engine));
    const struct seen *own = ask(run, r, sync_message_request(&run->message, r));
    act_done(run, act);
    slot_take(run, r, own);
}

static void create(struct sync_run *run, unsigned object)
{
    int lock = sync_object_lock(object);
    struct sync_params params;
    be_there(run, 0);
    if (lock != SYNC_NOBODY && !run->model.objects[lock].used)
        object = (unsigned)lock;
    struct sync_request r = {.object = object, .id = next_id(run, 0), .op = OP_object_create};
    struct sync_act *act = act_new(run, "create", &r);
    sync_params_make(&params, object, &run->choice);
    const struct seen *own = ask(run, &r, sync_message_create(&run->message, object, &params));
    act->outcome = run->world.applied.outcome;
    sync_wrong(run, own != NULL && own->result.kind != RESULT_ERROR, "an object is not created");
    sync_wrong(run, run->world.seen_count == 1, "replies to others when an object is created");
    sync_model_create(&run->model, object, &params);
    slot_take(run, &r, own);
}

static void delete (struct sync_run *run, unsigned object)
{
    be_there(run, 0);
    struct sync_request r = {.object = object, .id = next_id(run, 0), .op = OP_object_delete};
    struct sync_act *act = act_new(run, "delete", &r);
    sync_model_delete(&run->model, &r);
    const struct seen *own = ask(run, &r, sync_message_delete(&run->message, object));
    act_done(run, act);
    slot_take(run, &r, own);
    for (unsigned i = 0; i < SYNC_OBJECTS && run->wrong == NULL; i++) /* of no use any more */
        if (run->model.objects[i].used && sync_object_lock(i) == (int)object)
            delete (run, i);
}

/* ---- other acts ---- */

static void end(struct sync_run *run, unsigned who)
{
    struct sync_request r = {.who = who};
    bool give_back = choose(&run->choice, 3) != 0;
    struct sync_act *act = act_new(run, give_back ? "end" : "bye", &r);
    if (run->world.clients[who].session == 0)
        return;
    sync_model_end(&run->model, who, give_back);
    slots_clear(run, who); /* no reply may come for them */
    if (give_back)
        world_end(&run->world, who);
    else
        world_bye(&run->world, who);
    act_done(run, act);
}

static void tick(struct sync_run *run)
{
    struct sync_request r = {.who = 0};
    struct sync_act *act = act_new(run, "tick", &r);
    act->ms =
        choose(&run->choice, 3) == 0 ? 100 * choose(&run->choice, 5) : choose(&run->choice, 200);
    sync_model_tick(&run->model, act->ms);
    world_tick(&run->world, act->ms);
    act_done(run, act);
}

static void cancel(struct sync_run *run, unsigned who)
{
    uint64_t back = choose(&run->choice, 2 * WORLD_WINDOW);
    uint64_t id = run->world.clients[who].id;
    struct sync_request r = {.who = who, .id = id > back ? id - back : 1};
    struct sync_act *act = act_new(run, "cancel", &r);
    bool waits = sync_model_cancel(&run->model, who, r.id);
    world_cancel(&run->world, who, r.id, ERR_CANCELLED);
    sync_wrong(run, waits == (run->world.applied.outcome == OUTCOME_EFFECT), "a cancel");
    act_done(run, act);
}

static void acknowledge(struct sync_run *run, unsigned who)
{
    if (run->world.clients[who].session == 0)
        return;
    struct sync_request r = {.who = who, .id = acked_choose(run, who)};
    struct sync_act *act = act_new(run, "ack", &r);
    run->model.says_count = 0;
    world_ack(&run->world, who, r.id);
    act_done(run, act);
    forget(run, who, r.id);
}

/* The same id with another operation: refused, and nothing is told of the reply that is kept. */
static void misuse(struct sync_run *run, const struct sync_request *r)
{
    Wire__ObjectHold in = WIRE__OBJECT_HOLD__INIT; /* none of the requests is one */
    const struct seen *seen =
        world_command(&run->world, r->who, &(struct ask){.id = r->id}, &in.base);
    sync_wrong(run, run->world.applied.first == 0, "an id used again has an effect");
    sync_wrong(
        run, seen != NULL && seen->result.kind == RESULT_ERROR && seen->result.code == ERR_PROTOCOL,
        "an id used again is not refused");
}

static const struct seen *send_again(struct sync_run *run, const struct sync_request *r,
                                     const struct sync_operation *sent)
{
    ProtobufCMessage *in =
        protobuf_c_message_unpack(sent->descriptor, NULL, sent->len, sent->bytes);
    must(in != NULL);
    const struct seen *seen = world_command(&run->world, r->who, &(struct ask){.id = r->id}, in);
    protobuf_c_message_free_unpacked(in, NULL);
    return seen;
}

static void resend(struct sync_run *run, unsigned who)
{
    const struct sync_slot *slot = &run->slots[who][choose(&run->choice, WORLD_WINDOW)];
    struct sync_request r = {.who = who, .id = slot->id};
    if (slot->id == 0)
        return;
    if (choose_rarely(&run->choice, 8)) {
        struct sync_act *act = act_new(run, "misuse", &r);
        misuse(run, &r);
        act->outcome = run->world.applied.outcome;
        return;
    }
    struct sync_act *act = act_new(run, "resend", &r);
    const struct seen *seen = send_again(run, &r, &slot->operation);
    act->outcome = run->world.applied.outcome;
    sync_wrong(run, run->world.applied.first == 0, "a resend has an effect");
    if (slot->parked) {
        sync_wrong(run, seen == NULL && act->outcome == OUTCOME_AGAIN, "a resend does not attach");
        return;
    }
    bool lost = seen != NULL && seen->result.kind == RESULT_ERROR &&
                seen->result.code == ERR_INDETERMINATE && act->outcome == OUTCOME_LOST;
    bool same = seen != NULL && seen->revision == slot->revision && seen->own_len == slot->len &&
                memcmp(seen->own, slot->reply, slot->len) == 0;
    /* a reservation may be over, and else tells the lease as it is by now */
    bool lent = slot->lent && seen != NULL && (lost || seen->result.token == slot->revision);
    sync_wrong(run, slot->forgotten ? lost : same || lent, "a resend gives another reply");
}

/* All that can be read of all objects. */
static void read_all(struct sync_run *run)
{
    for (const struct op_row *op = NULL; (op = op_next(op)) != NULL && run->wrong == NULL;) {
        if (op->number / 64 < TYPE_EVENT || op->class != CLASS_read || op->number == OP_queue_join)
            continue;
        for (unsigned i = 0; i < SYNC_OBJECTS && run->wrong == NULL; i++) {
            struct sync_request r = {.object = i, .op = op->number, .end = 1};
            for (; run->model.objects[i].used && sync_object_type(i) == op->number / 64; r.end++) {
                request(run, &r);
                if (r.end == 2 || sync_object_type(i) != TYPE_PIPE)
                    break;
            }
        }
    }
    sync_run_invariants(run);
}

/* ---- a step ---- */

static bool act_other(struct sync_run *run)
{
    struct choice *c = &run->choice;
    unsigned who = (unsigned)choose(c, SYNC_CLIENTS);
    switch (choose(c, 64)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
        tick(run);
        return true;
    case 5:
    case 6:
        cancel(run, who);
        return true;
    case 7:
        end(run, who);
        return true;
    case 8:
        acknowledge(run, who);
        return true;
    case 9:
    case 10:
        resend(run, who);
        return true;
    case 11:
    case 12:
        go(run, who);
        return true;
    case 13:
        come_back(run, who);
        return true;
    case 14:
        if (choose_rarely(c, 4))
            boot(run);
        return true;
    default:
        return false;
    }
}

/* Little more happens to it. */
static bool is_over(const struct sync_object *object)
{
    return object->shut || object->closed[1] || object->closed[2];
}

static void act_request(struct sync_run *run)
{
    struct choice *c = &run->choice;
    unsigned object = (unsigned)choose(c, SYNC_OBJECTS);
    struct sync_request r;
    if (!run->model.objects[object].used) {
        create(run, object);
        return;
    }
    if (choose_rarely(c, is_over(&run->model.objects[object]) ? 8 : 300)) {
        delete (run, object);
        return;
    }
    sync_request_make(&r, object, SYNC_CLIENTS, &run->world, c);
    if (parked_count(run, r.who) >= PARKED_MAX) {
        end(run, r.who);
        return;
    }
    request(run, &r);
}

bool sync_run_step(struct sync_run *run)
{
    run->steps++;
    if (!act_other(run))
        act_request(run);
    if (run->steps % CHECK_EVERY == 0 && run->wrong == NULL)
        read_all(run);
    return run->wrong == NULL;
}
