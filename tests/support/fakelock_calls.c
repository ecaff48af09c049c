/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls of the fake type's operations, one by one and at random. */
#include <stdio.h>

#include "tests/support/fakelock.h"
#include "tests/support/randval.h"
#include "wire.pb-c.h"

const struct seen *fakelock_create(struct world *w, const char *name, const char *permits)
{
    return world_create(w, "value", name, permits);
}

static const struct seen *changed_call(struct world *w, unsigned who, const char *name,
                                       uint64_t since, const struct ask *ask)
{
    Wire__ObjectChanged in = WIRE__OBJECT_CHANGED__INIT;
    in.has_name = true, in.name = world_text(name);
    in.has_since = true, in.since = since;
    return since < FAKE_ACQUIRE ? world_ask(w, who, ask, &in.base)
                                : world_command(w, who, ask, &in.base);
}

const struct seen *fakelock_acquire(struct world *w, unsigned who, const char *name,
                                    uint64_t permits, uint64_t wait_ms)
{
    return changed_call(w, who, name, FAKE_ACQUIRE + permits, &(struct ask){.wait_ms = wait_ms});
}

const struct seen *fakelock_watch(struct world *w, unsigned who, const char *name, uint64_t since,
                                  uint64_t wait_ms)
{
    return changed_call(w, who, name, since, &(struct ask){.wait_ms = wait_ms});
}

const struct seen *fakelock_release(struct world *w, unsigned who, const char *name, uint64_t token)
{
    Wire__ValueSet in = WIRE__VALUE_SET__INIT;
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)token);
    in.has_name = true, in.name = world_text(name);
    in.has_value = true, in.value = world_lit(w, text);
    return world_do(w, who, &in.base);
}

const struct seen *fakelock_add(struct world *w, unsigned who, const char *name, const char *by)
{
    Wire__ValueAdd in = WIRE__VALUE_ADD__INIT;
    in.has_name = true, in.name = world_text(name);
    in.has_by = true, in.by = world_lit(w, by);
    return world_do(w, who, &in.base);
}

const struct seen *fakelock_swap(struct world *w, unsigned who, const char *name,
                                 const char *payload)
{
    Wire__ValueSwap in = WIRE__VALUE_SWAP__INIT;
    in.has_name = true, in.name = world_text(name);
    in.has_value = true, in.value = world_lit(w, payload);
    return world_do(w, who, &in.base);
}

const struct seen *fakelock_delete(struct world *w, unsigned who, const char *name)
{
    Wire__ObjectDelete in = WIRE__OBJECT_DELETE__INIT;
    in.has_name = true, in.name = world_text(name);
    return world_do(w, who, &in.base);
}

const char *fakelock_show(struct world *w, const char *name)
{
    Wire__ValueGet in = WIRE__VALUE_GET__INIT;
    in.has_name = true, in.name = world_text(name);
    return world_show(w, world_do(w, 0, &in.base));
}

/* ---- at random ---- */

enum { STEP_CLIENTS = 8, STEP_OBJECTS = 4 };

/* A token that may be alive: one of the last few revisions. */
static uint64_t some_token(struct world *w, uint64_t *seed)
{
    uint64_t back = randval_below(seed, 40);
    uint64_t revision = engine_revision(w->engine);
    while (back > 0 && grant_find(w->engine, revision) == NULL) {
        revision--;
        back--;
    }
    return revision;
}

/* A parked request is not to be overtaken in its slot: the client comes back as a new one. */
static void step_over(struct world *w, unsigned who)
{
    struct session_view view;
    if (engine_session_view(w->engine, w->clients[who].session, &view) && view.waiters > 6)
        world_end(w, who);
}

static void step_create(struct world *w, unsigned who, const char *name, uint64_t *seed)
{
    Wire__ObjectCreate in = WIRE__OBJECT_CREATE__INIT;
    uint64_t sort = randval_below(seed, 4);
    in.has_type = true, in.type = world_text("value");
    in.has_name = sort != 3, in.name = world_text(name);
    in.has_init = true, in.init = world_lit(w, "3");
    in.has_ttl_ms = sort == 1, in.ttl_ms = 2000;
    in.has_ephemeral = in.ephemeral = sort == 2;
    world_do(w, who, &in.base);
}

static void step_other(struct world *w, unsigned who, const char *name, uint64_t *seed)
{
    uint64_t id = w->clients[who].id;
    switch (randval_below(seed, 8)) {
    case 0:
        world_end(w, who);
        break;
    case 1:
        world_cancel(w, who, id - randval_below(seed, 4), ERR_CANCELLED);
        break;
    case 2:
        world_ack(w, who, id);
        break;
    case 3:
        fakelock_delete(w, who, name);
        break;
    case 4:
        world_apply(w, &(struct command){.kind = COMMAND_GC});
        break;
    default:
        world_tick(w, randval_below(seed, 500));
    }
}

void fakelock_step(struct world *w, uint64_t *seed)
{
    static const char *const names[STEP_OBJECTS] = {"a", "b", "c", "d/e"};
    static const char *const payloads[] = {"1", "hello", "[1, 2, {x: y}]",
                                           "'0123456789012345678901234567890123456789'"};
    const char *name = names[randval_below(seed, STEP_OBJECTS)];
    unsigned who = (unsigned)randval_below(seed, STEP_CLIENTS);
    step_over(w, who);
    switch (randval_below(seed, 12)) {
    case 0:
        step_create(w, who, name, seed);
        break;
    case 1:
    case 2:
    case 3:
        fakelock_acquire(w, who, name, 1 + randval_below(seed, 3), randval_below(seed, 4) * 700);
        break;
    case 4:
    case 5:
    case 6:
        fakelock_release(w, who, name, some_token(w, seed));
        break;
    case 7:
        fakelock_watch(w, who, name, engine_revision(w->engine), randval_below(seed, 2) * 1000);
        break;
    case 8:
        fakelock_swap(w, who, name, payloads[randval_below(seed, 4)]);
        break;
    case 9:
    case 10:
        fakelock_add(w, who, name, randval_below(seed, 3) == 0 ? "0" : "1");
        break;
    default:
        step_other(w, who, name, seed);
    }
}
