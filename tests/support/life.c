/* SPDX-License-Identifier: BSD-2-Clause */
/* A random life of an engine with all real types. */
#include "tests/support/life.h"

#include "daemon/engine/registry.h"
#include "tests/support/model_request.h"
#include "tests/support/sync_request.h"

enum { LIFE_CLIENTS = 6, WAITERS_MAX = 6 };

static void step_request(struct world *w, unsigned who, struct choice *c)
{
    static const uint64_t waits[] = {0, 0, 300, 2000, UINT64_MAX};
    struct ask ask = {.wait_ms = waits[choose(c, 5)], .holder = choose(c, 3)};
    struct model_request r;
    if (choose_rarely(c, 20))
        ask.acked = w->clients[who].id - choose(c, 3);
    model_request_init(&r);
    do {
        model_request_make(&r, w, c);
    } while (r.op->class == CLASS_read && (r.op->flags & OP_WAITS) == 0);
    world_ask(w, who, &ask, model_request_in(&r));
    model_request_free(&r);
}

/* Any operation on any type seldom meets who waits or owns: these do. */
static void step_meet(struct world *w, struct choice *c)
{
    unsigned object = (unsigned)choose(c, SYNC_OBJECTS);
    struct sync_request r = {.who = (unsigned)choose(c, LIFE_CLIENTS)};
    struct sync_message message;
    struct sync_params params;
    const ProtobufCMessage *in;
    sync_message_init(&message);
    if (registry_find(w->engine, bytes_text(sync_object_name(object))) == NULL) {
        sync_params_make(&params, object, c);
        in = sync_message_create(&message, object, &params);
    } else if (choose_rarely(c, 40)) {
        in = sync_message_delete(&message, object);
    } else {
        sync_request_make(&r, object, LIFE_CLIENTS, w, c);
        in = sync_message_request(&message, &r);
    }
    world_ask(w, r.who,
              &(struct ask){.holder = r.holder, .wait_ms = r.wait_ms, .require = r.require}, in);
    sync_message_free(&message);
}

/* To the end, or one slice of it: then others come between. */
static void step_end(struct world *w, unsigned who, struct choice *c)
{
    switch (choose(c, 4)) {
    case 0:
        world_end(w, who);
        break;
    case 1:
        world_end_some(w, who, true);
        break;
    default:
        world_end_some(w, who, false);
    }
}

/* A client whose slots are nearly all parked comes back as another one. */
static void step_leave(struct world *w, unsigned who, struct choice *c)
{
    struct session_view view;
    if (engine_session_view(w->engine, w->clients[who].session, &view) &&
        view.waiters > WAITERS_MAX)
        step_end(w, who, c);
}

static void step_turn(struct world *w, unsigned who, struct choice *c, enum command_kind kind)
{
    if (choose(c, 2) == 0)
        world_turn_some(w, who, kind);
    else if (kind == COMMAND_AWAY)
        world_away(w, who);
    else
        world_back(w, who);
}

static void step_other(struct world *w, unsigned who, struct choice *c)
{
    uint64_t id = w->clients[who].id;
    switch (choose(c, 22)) {
    case 0:
        step_end(w, who, c);
        break;
    case 1:
        world_cancel(w, who, id - choose(c, 8), ERR_CANCELLED);
        break;
    case 2:
        world_ack(w, who, id - choose(c, 4));
        break;
    case 3:
        world_apply(w, &(struct command){.kind = COMMAND_GC});
        break;
    case 4:
        world_tick(w, 70000); /* longer than the grace of unreferenced objects */
        break;
    case 5:
    case 6:
    case 7:
        (void)engine_reclaim(w->engine, choose(c, 50)); /* never in the second engine */
        break;
    case 8:
    case 9:
    case 10:
        step_turn(w, who, c, COMMAND_AWAY);
        break;
    case 11:
    case 12:
    case 13:
        step_turn(w, who, c, COMMAND_BACK);
        break;
    case 14:
        world_cancel(w, who, id - choose(c, 3), ERR_CANCELLED);
        break;
    case 15:
        world_boot(w);
        break;
    case 16:
    case 17:
        world_apply(w, &(struct command){.kind = COMMAND_REST});
        break;
    default:
        world_tick(w, choose(c, 400));
    }
}

void life_step(struct world *w, uint64_t *seed)
{
    struct choice c = {.seed = seed};
    unsigned who = (unsigned)choose(&c, LIFE_CLIENTS);
    step_leave(w, who, &c);
    if (choose_rarely(&c, 10))
        step_other(w, who, &c);
    else if (choose(&c, 3) == 0)
        step_meet(w, &c);
    else
        step_request(w, who, &c);
}
