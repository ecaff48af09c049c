/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests through the models: what they are answered, what they change, what a resend gives. */
#include "daemon/engine/registry.h"
#include "ops_numbers.h"
#include "tests/support/alloc.h"
#include "tests/support/model_run.h"
#include "tests/support/must.h"
#include "wire.pb-c.h"

enum { NO_TOKEN = 12345, READ_ID = 1 };

/* ---- what an object holds ---- */

static const char *whole_method(unsigned type)
{
    return type == TYPE_VALUE ? "get" : type == TYPE_NAMESPACE ? "items" : "copy";
}

/* Calls use with what the object gives as its whole content. */
static void with_content(struct run *run, struct model *m,
                         void (*use)(struct model *m, struct bytes content))
{
    const struct op_row *op = op_find(type_name(m->type), whole_method(m->type));
    Wire__DictCopy in = WIRE__DICT_COPY__INIT; /* all of them have the name only */
    struct ask ask = {.id = READ_ID};
    struct buf name;
    buf_init(&name);
    run_check(engine_object_name(run->world.engine, m->id, &name), "the name of an object");
    in.base.descriptor = op->message;
    in.has_name = true;
    in.name = world_bytes(buf_bytes(&name));
    const struct seen *seen = world_ask(&run->world, 0, &ask, &in.base);
    run_check(seen != NULL && seen->result.kind == RESULT_VALUE, "an object cannot be read");
    use(m, seen->result.value);
    buf_free(&name);
}

static void check_content(struct model *m, struct bytes content)
{
    run_check(model_holds(m, content), "an object holds something else");
}

/* ---- what it refers to ---- */

struct targets {
    uint64_t ids[RUN_OBJECTS];
    size_t count; /* RUN_OBJECTS: too many to tell */
};

static void message_target(void *arg, uint64_t ref)
{
    struct targets *targets = arg;
    size_t i = 0;
    while (i < targets->count && targets->ids[i] != ref)
        i++;
    if (i == targets->count && i < RUN_OBJECTS)
        targets->ids[targets->count++] = ref;
}

/* The engine counts what its content refers to, no more and no less. */
static void check_references(const struct model *m, const struct object *object)
{
    struct targets targets = {.count = 0};
    for (size_t i = 0; i < m->count; i++) {
        if (m->items[i].key.len > 0)
            val_each_ref(m->items[i].key, message_target, &targets);
        val_each_ref(m->items[i].value, message_target, &targets);
    }
    run_check(targets.count == RUN_OBJECTS || refs_targets(object) == targets.count,
              "the number of objects that it refers to");
}

/* The model of an object that lives; NULL: too many, or of a type without one. */
static struct model *model_of(struct run *run, const struct object *object)
{
    struct model *unused = NULL;
    if (object->ops->type > TYPE_ARRAY)
        return NULL;
    for (unsigned i = 0; i < RUN_OBJECTS; i++) {
        if (run->models[i].id == object->id)
            return &run->models[i];
        if (run->models[i].id == 0)
            unused = &run->models[i];
    }
    if (unused != NULL) {
        model_init(unused, object->id, object->ops->type);
        with_content(run, unused, model_set);
    }
    return unused;
}

/* ---- one request ---- */

struct act {
    unsigned who;
    uint64_t id;
    struct ask ask;
    struct model *model; /* of its object; may be NULL */
    struct model_says says;
};

struct lookup {
    const struct engine *engine;
    bool missing;
};

static void look_up(void *arg, uint64_t ref)
{
    struct lookup *lookup = arg;
    lookup->missing |= object_by_id(lookup->engine, ref) == NULL;
}

/* Values that refer to objects which are gone may be refused: no opinion about that. */
static bool refers_to_nothing(const struct run *run)
{
    struct lookup lookup = {.engine = run->world.engine};
    for (unsigned i = 0; i < run->request.value_count; i++) {
        struct bytes value = buf_bytes(&run->request.values[i]);
        if (value.len > 0)
            val_each_ref(value, look_up, &lookup);
    }
    return lookup.missing;
}

/* Lets the model do what the request asks for. */
static void play(struct run *run, struct act *act)
{
    const struct model_request *r = &run->request;
    const struct object *object =
        r->op->on_object ? registry_find(run->world.engine, op_object_name(model_request_in(r)))
                         : NULL;
    act->model = NULL;
    act->says.kind = RESULT_NONE;
    if (run_slot(run, act->who, act->id)->parked &&
        engine_is_command(r->op, &(Wire__Request){.wait_ms = act->ask.wait_ms})) {
        model_say_error(&act->says, ERR_INVALID); /* its slot is busy */
    } else if (act->ask.require != 0) {
        model_say_error(&act->says, ERR_STALE_TOKEN);
    } else if (r->op->on_object && object == NULL) {
        model_say_error(&act->says, ERR_NO_SUCH_OBJECT);
    } else if (object != NULL && r->op->number / 64 != TYPE_OBJECT &&
               r->op->number / 64 != object->ops->type) {
        model_say_error(&act->says, ERR_WRONG_TYPE);
    } else if (object != NULL) {
        act->model = model_of(run, object);
        if (act->model != NULL && !refers_to_nothing(run))
            model_play(act->model, r->op, model_request_in(r), &act->says);
    }
}

static void check_reply(const struct model_says *says, const struct seen *seen)
{
    if (says->kind == RESULT_NONE)
        return;
    run_check(seen != NULL, "no reply");
    run_check(seen->result.kind == says->kind, "another kind of reply");
    run_check(says->kind != RESULT_ERROR || seen->result.code == says->code, "another error");
    run_check(says->kind != RESULT_VALUE || model_same(seen->result.value, buf_bytes(&says->value)),
              "another value");
}

static void keep_sent(struct run_slot *slot, const ProtobufCMessage *in)
{
    size_t len = protobuf_c_message_get_packed_size(in);
    slot->operation = in->descriptor;
    buf_reset(&slot->sent, SIZE_MAX);
    uint8_t *to = buf_reserve(&slot->sent, len + 1);
    must(to != NULL);
    slot->sent.len = protobuf_c_message_pack(in, to);
}

/* What its slot now is. own: its reply, or NULL. */
static void message_slot(struct run *run, const struct act *act, const struct seen *own)
{
    struct run_slot *slot = run_slot(run, act->who, act->id);
    enum outcome outcome = run->world.applied.outcome;
    run_check((own == NULL) == (outcome == OUTCOME_PARKED), "a reply to each request, at last");
    if (outcome != OUTCOME_EFFECT && outcome != OUTCOME_PARKED)
        return;
    slot->id = act->id;
    keep_sent(slot, model_request_in(&run->request));
    slot->parked = outcome == OUTCOME_PARKED;
    buf_reset(&slot->reply, SIZE_MAX);
    if (own != NULL) {
        slot->revision = own->revision;
        buf_put(&slot->reply, own->own, own->own_len);
        return;
    }
    slot->object = 0;
    slot->until_ms = UINT64_MAX;
    if (run->request.op->number != OP_object_changed)
        return;
    const Wire__ObjectChanged *in = (const void *)model_request_in(&run->request);
    const struct object *object =
        registry_find(run->world.engine, op_object_name(model_request_in(&run->request)));
    run_check(object != NULL, "who waits?");
    slot->object = object->id;
    slot->since = in->has_since ? in->since : object->changed_at;
    slot->until_ms = act->ask.wait_ms == UINT64_MAX
                         ? UINT64_MAX
                         : engine_now(run->world.engine) + act->ask.wait_ms;
}

/* What the object now holds is what the model says, or what it held when the request was refused.
 */
static void message_content(struct run *run, const struct act *act, bool refused)
{
    const struct object *object =
        act->model == NULL ? NULL : object_by_id(run->world.engine, act->model->id);
    if (object == NULL)
        return;
    if (act->says.kind != RESULT_NONE || refused)
        with_content(run, act->model, check_content);
    else
        with_content(run, act->model, model_set);
    check_references(act->model, object);
}

static void act_init(struct run *run, struct act *act, unsigned who)
{
    static const uint64_t waits[] = {0, 300, 3000, UINT64_MAX};
    struct choice *c = &run->choice;
    *act = (struct act){.who = who, .id = run->world.clients[who].id + 1};
    act->ask = (struct ask){.id = act->id, .wait_ms = waits[choose(c, 4)]};
    if (choose_rarely(c, 16))
        act->ask.acked = run->world.clients[who].id;
    if (choose_rarely(c, 32))
        act->ask.require = choose(c, 2) == 0 ? NO_TOKEN : UINT64_MAX;
    buf_init(&act->says.value);
}

void run_request(struct run *run, unsigned who)
{
    struct world *w = &run->world;
    struct act act;
    model_request_make(&run->request, w, &run->choice);
    act_init(run, &act, who);
    play(run, &act);
    uint64_t revision = engine_revision(w->engine);
    const struct seen *seen = world_ask(w, who, &act.ask, model_request_in(&run->request));
    bool refused = seen != NULL && seen->result.kind == RESULT_ERROR;
    check_reply(&act.says, seen);
    if (engine_revision(w->engine) != revision)
        message_slot(run, &act, run_collect(run, who, act.id));
    else
        run_check(w->seen_count == 1 && seen != NULL, "one reply to each request");
    message_content(run, &act, refused);
    buf_free(&act.says.value);
}

/* ---- the same again ---- */

void run_resend(struct run *run, unsigned who)
{
    struct world *w = &run->world;
    uint64_t id = w->clients[who].id - choose(&run->choice, 2 * WORLD_WINDOW);
    const struct run_slot *slot = run_slot(run, who, id);
    if (w->clients[who].session == 0 || id - 1 >= w->clients[who].id || slot->id == 0 ||
        id > slot->id)
        return;
    uint64_t revision = engine_revision(w->engine);
    ProtobufCMessage *in =
        protobuf_c_message_unpack(slot->operation, NULL, slot->sent.len, slot->sent.data);
    must(in != NULL);
    const struct seen *seen = world_command(w, who, &(struct ask){.id = id}, in);
    protobuf_c_message_free_unpacked(in, NULL);
    run_check(engine_revision(w->engine) == revision, "a resend has an effect");
    if (id < slot->id) {
        run_check(seen != NULL && seen->result.code == ERR_INDETERMINATE, "an old id");
    } else if (slot->parked) {
        run_check(seen == NULL && w->applied.outcome == OUTCOME_AGAIN, "a parked id");
    } else if (w->applied.outcome == OUTCOME_AGAIN) {
        run_check(seen != NULL && seen->revision == slot->revision &&
                      bytes_equal(bytes_of(seen->own, seen->own_len), buf_bytes(&slot->reply)),
                  "a resend gives another reply");
    } else {
        run_check(seen != NULL && seen->result.code == ERR_INDETERMINATE, "a forgotten reply");
    }
}

/* ---- without memory ---- */

/* Takes no memory, as the world's own sink does. */
static void message_quietly(void *arg, const struct completion *completion)
{
    *(bool *)arg |= completion->result != NULL && completion->result->kind == RESULT_ERROR &&
                    completion->result->code == ERR_NOMEM;
}

static bool same_counts(const struct usage *a, const struct usage *b)
{
    return a->objects == b->objects && a->anonymous == b->anonymous && a->sessions == b->sessions &&
           a->waiters == b->waiters && a->grants == b->grants && a->timers == b->timers;
}

/* Only requests that nobody else is told of: on objects without waiters. */
static bool is_private(const struct run *run)
{
    const struct model_request *r = &run->request;
    const struct object *object =
        r->op->on_object ? registry_find(run->world.engine, op_object_name(model_request_in(r)))
                         : NULL;
    return r->op->class == CLASS_write && object != NULL && object->waiters == NULL;
}

void run_without_memory(struct run *run, unsigned who)
{
    struct world *w = &run->world;
    bool nomem = false;
    struct sink sink = {.done = message_quietly, .arg = &nomem};
    Wire__Request request = WIRE__REQUEST__INIT;
    const ProtobufCMessage *in = model_request_in(&run->request);
    model_request_make(&run->request, w, &run->choice);
    uint64_t id = w->clients[who].id + 1;
    if (w->clients[who].session == 0 || !is_private(run) || run_slot(run, who, id)->parked)
        return;
    request.has_id = true, request.id = id;
    request.op_case = (Wire__Request__OpCase)run->request.op->number;
    memcpy(&request.server_ping, &in, sizeof in);
    const struct command command = {.kind = COMMAND_REQUEST,
                                    .now_ms = w->now_ms,
                                    .session = w->clients[who].session,
                                    .request = &request,
                                    .has_refs = true};
    struct usage before = world_usage(w);
    uint8_t digest[2][32];
    engine_digest(w->engine, digest[0]);
    alloc_fail_at(1 + choose(&run->choice, 8));
    struct applied applied = engine_apply(w->engine, &command, &sink);
    alloc_fail_never();
    if (applied.first == 0) {
        struct usage after = world_usage(w);
        engine_digest(w->engine, digest[1]);
        run_check(memcmp(digest[0], digest[1], 32) == 0, "a refused request left something");
        run_check(same_counts(&before, &after), "a refused request left something counted");
        return;
    }
    /* it was done all the same: read again what it did */
    run_check(!nomem, "done, but NOMEM was said");
    w->clients[who].id = id;
    run_check(applied.outcome == OUTCOME_EFFECT, "a write that waits");
    struct run_slot *slot = run_slot(run, who, id);
    *slot = (struct run_slot){.reply = slot->reply, .sent = slot->sent}; /* their memory */
    struct object *object = registry_find(w->engine, op_object_name(in));
    if (object != NULL && model_of(run, object) != NULL)
        with_content(run, model_of(run, object), model_set);
}
