/* SPDX-License-Identifier: BSD-2-Clause */
/* Acts on an engine, and what must hold after each of them. */
#include "tests/support/model_run.h"

#include <stdio.h>
#include <stdlib.h>

#include "daemon/engine/registry.h"
#include "daemon/objects/handlers.h"
#include "tests/support/reload.h"
#include "wire.pb-c.h"

enum { GRACE_MS = 61000, LEFT_BYTES = 64 << 10 };

void run_check(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "model: %s\n", what);
        abort();
    }
}

void run_init(struct run *run, struct choice choice)
{
    memset(run, 0, sizeof *run);
    world_init(&run->world, objects_handlers());
    run->choice = choice;
    model_request_init(&run->request);
}

struct run_slot *run_slot(struct run *run, unsigned who, uint64_t id)
{
    return &run->slots[who][id % WORLD_WINDOW];
}

/* ---- completions ---- */

static unsigned client_of(const struct run *run, uint64_t session)
{
    unsigned who = 0;
    while (who < RUN_CLIENTS && run->world.clients[who].session != session)
        who++;
    run_check(session != 0 && who < RUN_CLIENTS, "a reply to a session that is gone");
    return who;
}

const struct seen *run_collect(struct run *run, unsigned who, uint64_t id)
{
    const struct world *w = &run->world;
    const struct seen *own = NULL;
    uint64_t last = 0;
    for (size_t i = 0; i < w->seen_count; i++) {
        const struct seen *seen = &w->seen[i];
        if (id != 0 && seen->id == id && own == NULL && seen->session == w->clients[who].session) {
            own = seen;
            continue;
        }
        struct run_slot *slot = run_slot(run, client_of(run, seen->session), seen->id);
        run_check(slot->parked && slot->id == seen->id, "a reply that nobody waits for");
        run_check(seen->revision > last, "revisions of completions do not rise");
        last = seen->revision;
        slot->parked = false;
        slot->revision = seen->revision;
        buf_reset(&slot->reply, SIZE_MAX);
        buf_put(&slot->reply, seen->own, seen->own_len);
    }
    return own;
}

static void check_waiter(const struct run *run, const struct run_slot *slot)
{
    const struct object *object = object_by_id(run->world.engine, slot->object);
    if (slot->object == 0)
        return;
    run_check(object != NULL, "somebody waits for an object that is gone");
    run_check(object->changed_at <= slot->since, "somebody was not told of a change");
    run_check(slot->until_ms > engine_now(run->world.engine) ||
                  engine_due(run->world.engine) <= slot->until_ms,
              "nobody will end a wait");
}

void run_check_waiters(struct run *run)
{
    struct usage usage = world_usage(&run->world);
    uint64_t waiters = 0;
    for (unsigned who = 0; who < RUN_CLIENTS; who++) {
        for (unsigned i = 0; i < WORLD_WINDOW; i++) {
            const struct run_slot *slot = &run->slots[who][i];
            if (slot->parked) {
                waiters++;
                check_waiter(run, slot);
            }
        }
    }
    run_check(usage.waiters == waiters, "the number of waiters");
}

void run_forget_client(struct run *run, unsigned who)
{
    for (unsigned i = 0; i < WORLD_WINDOW; i++) {
        buf_free(&run->slots[who][i].reply);
        buf_free(&run->slots[who][i].sent);
        run->slots[who][i] = (struct run_slot){.id = 0};
    }
}

void run_forget_objects(struct run *run)
{
    for (unsigned i = 0; i < RUN_OBJECTS; i++) {
        struct model *m = &run->models[i];
        if (m->id != 0 && object_by_id(run->world.engine, m->id) == NULL) {
            model_free(m);
            m->id = 0;
        }
    }
}

/* ---- acts ---- */

static void tick(struct run *run, uint64_t ms)
{
    struct world *w = &run->world;
    world_tick(w, ms);
    (void)run_collect(run, 0, 0);
    for (unsigned who = 0; who < RUN_CLIENTS; who++) {
        for (unsigned i = 0; i < WORLD_WINDOW; i++) {
            run_check(!run->slots[who][i].parked || run->slots[who][i].until_ms > w->now_ms,
                      "a wait is over and nobody was told");
        }
    }
}

static void end(struct run *run, unsigned who)
{
    struct world *w = &run->world;
    uint64_t session = w->clients[who].session;
    struct session_view view;
    if (session == 0)
        return;
    run_forget_client(run, who); /* before: no reply may come for it */
    world_end(w, who);
    (void)run_collect(run, 0, 0);
    run_check(!engine_session_view(w->engine, session, &view), "an ended session is there");
}

static void cancel(struct run *run, unsigned who)
{
    struct world *w = &run->world;
    uint64_t id = w->clients[who].id - choose(&run->choice, WORLD_WINDOW);
    const struct run_slot *slot = run_slot(run, who, id);
    bool parked = slot->parked && slot->id == id;
    world_cancel(w, who, id, ERR_CANCELLED);
    (void)run_collect(run, 0, 0);
    run_check(parked == (w->applied.outcome == OUTCOME_EFFECT) && !(parked && slot->parked),
              "cancel");
}

static void collect_garbage(struct run *run)
{
    world_apply(&run->world, &(struct command){.kind = COMMAND_GC});
    (void)run_collect(run, 0, 0);
}

static void acknowledge(struct run *run, unsigned who)
{
    uint64_t id = run->world.clients[who].id;
    world_ack(&run->world, who, id - choose(&run->choice, 4));
    (void)run_collect(run, 0, 0);
}

static void act_other(struct run *run, unsigned who)
{
    struct choice *c = &run->choice;
    switch (choose(c, 8)) {
    case 0:
        end(run, who);
        break;
    case 1:
        cancel(run, who);
        break;
    case 2:
        acknowledge(run, who);
        break;
    case 3:
        collect_garbage(run);
        break;
    case 4:
        tick(run, choose(c, 2) == 0 ? GRACE_MS : 500);
        break;
    case 5:
        (void)engine_reclaim(run->world.engine, choose(c, 64));
        break;
    case 6:
        run_resend(run, who);
        break;
    default:
        run_without_memory(run, who);
    }
}

void run_act(struct run *run)
{
    unsigned who = (unsigned)choose(&run->choice, RUN_CLIENTS);
    if (choose_rarely(&run->choice, 6))
        act_other(run, who);
    else
        run_request(run, who);
    run_forget_objects(run);
    run_check_waiters(run);
    run->acts++;
}

/* ---- the end ---- */

static void delete_named(struct run *run)
{
    struct world *w = &run->world;
    Wire__ObjectDelete in = WIRE__OBJECT_DELETE__INIT;
    struct ctx ctx = {.engine = w->engine};
    struct buf name;
    buf_init(&name);
    in.has_name = in.has_force = in.force = true;
    for (struct object *object; (object = object_first_named(&ctx, bytes_of(NULL, 0))) != NULL;) {
        uint64_t id = object->id;
        buf_reset(&name, SIZE_MAX);
        object_put_name(object, &name);
        in.name = world_bytes(buf_bytes(&name));
        world_do(w, 0, &in.base);
        run_check(object_by_id(w->engine, id) == NULL, "an object that cannot be deleted");
    }
    buf_free(&name);
}

/* Unreferenced objects, and the timer that will look for them. */
static bool still_busy(const struct world *w)
{
    struct usage usage = world_usage(w);
    return usage.objects > 0 || usage.timers > 0;
}

void run_finish(struct run *run)
{
    struct world *w = &run->world;
    struct usage usage;
    reload_must_agree(w);
    for (unsigned who = 0; who < RUN_CLIENTS; who++)
        end(run, who);
    delete_named(run);
    end(run, 0);
    for (int rounds = 0; rounds < 8 && still_busy(w); rounds++) {
        world_tick(w, GRACE_MS);
        world_gc(w);
    }
    while (engine_reclaim(w->engine, 100)) {
    }
    usage = world_usage(w);
    run_check(usage.objects == 0 && usage.anonymous == 0, "objects are left");
    run_check(usage.sessions == 0 && usage.waiters == 0 && usage.grants == 0, "sessions are left");
    run_check(usage.timers == 0, "timers are left");
    run_check(usage.bytes <= LEFT_BYTES, "memory is left");
    run_forget_objects(run);
    for (unsigned who = 0; who < RUN_CLIENTS; who++)
        run_forget_client(run, who);
    model_request_free(&run->request);
    world_free(w); /* which checks that no block is left */
}
