/* SPDX-License-Identifier: BSD-2-Clause */
/* Random lives with very small slices: whatever comes between two slices of what is left to be
 * told, whoever waits is told exactly once, and an engine that was saved and read back again and
 * again does what one does that never was. */
#include <stdio.h>

#include "daemon/engine/state.h"
#include "daemon/objects/handlers.h"
#include "tests/support/call.h"
#include "tests/support/must.h"
#include "tests/support/reload.h"

enum { CLIENTS = 12, STEPS = 2000, IDS = 4096, LIVES = 4 };

/* The same is done in both. */
static struct world w, other;
static bool pending[CLIENTS][IDS];
static unsigned state;

static unsigned choose(unsigned n)
{
    state = state * 1103515245u + 12345u;
    return (state >> 16) % n;
}

static const char *const creates[] = {
    "type=lock|name=l",
    "type=condition|name=c|lock=l",
    "type=condition|name=d",
    "type=semaphore|name=s|init=3|bounded=1",
    "type=queue|name=q|maxsize=2",
    "type=pipe|name=p|maxsize=1",
    "type=event|name=e",
    "type=barrier|name=b|init=5",
};

static const char *const named[] = {"l", "c", "d", "s", "q", "p", "e", "b"};

#define FOREVER "wait_ms=18446744073709551615"

static const char *const acts[] = {
    "lock.acquire name=l|" FOREVER,
    "lock.release name=l|any=1",
    "condition.acquire name=c|wait_ms=50",
    "condition.wait name=c|" FOREVER,
    "condition.wait name=c|wait_ms=40|reacquire_ms=20",
    "condition.notify_all name=c",
    "condition.notify name=c|count=3",
    "condition.release name=c|any=1",
    "condition.acquire name=d|wait_ms=50",
    "condition.wait name=d|wait_ms=90",
    "condition.notify_all name=d",
    "condition.release name=d|any=1",
    "semaphore.acquire name=s|permits=1|wait_ms=80",
    "semaphore.acquire name=s|permits=2|" FOREVER,
    "semaphore.release name=s|permits=3|any=1",
    "semaphore.resize name=s|permits=1",
    "semaphore.resize name=s|permits=4",
    "queue.put name=q|value=[1]|" FOREVER,
    "queue.get name=q|wait_ms=70",
    "queue.get name=q|reserve=1|" FOREVER,
    "queue.join name=q|" FOREVER,
    "pipe.attach name=p|end=1",
    "pipe.attach name=p|end=2",
    "pipe.close name=p|end=1",
    "pipe.send name=p|value=1|" FOREVER,
    "pipe.recv name=p|" FOREVER,
    "pipe.poll name=p|wait_ms=60",
    "event.wait name=e|" FOREVER,
    "event.set name=e",
    "event.clear name=e",
    "barrier.wait name=b|" FOREVER,
    "barrier.reset name=b",
    "object.changed name=s|" FOREVER,
    "object.hold name=e",
};

enum { CREATES = sizeof creates / sizeof creates[0], ACTS = sizeof acts / sizeof acts[0] };

/* Who waited and is told is not told again. */
static void count_told(unsigned asker, uint64_t asked)
{
    must(w.applied.first == other.applied.first && w.applied.last == other.applied.last);
    must(reload_same_seen(&w, &other));
    for (size_t i = 0; i < w.seen_count; i++) {
        unsigned who = 0;
        while (who < CLIENTS && w.clients[who].session != w.seen[i].session)
            who++;
        if (w.seen[i].session == 0 || who == CLIENTS || (who == asker && w.seen[i].id == asked))
            continue; /* of no session, or one that has ended; the reply itself */
        must(pending[who][w.seen[i].id % IDS]);
        pending[who][w.seen[i].id % IDS] = false;
    }
}

static void ask(unsigned who, const char *text)
{
    char op[64], args[160];
    const char *space = strchr(text, ' ');
    snprintf(op, sizeof op, "%.*s", (int)(space - text), text);
    snprintf(args, sizeof args, "%s|holder=%u", space + 1, choose(2));
    const struct seen *seen = call(&w, who, op, args);
    (void)call(&other, who, op, args);
    pending[who][w.clients[who].id % IDS] = seen == NULL;
    count_told(who, w.clients[who].id);
}

static void both(struct command command)
{
    (void)world_apply(&w, &command);
    (void)world_apply(&other, &command);
    count_told(CLIENTS, 0);
}

/* Its session ends: nobody waits for it any more. Another one takes its place. */
static void end(unsigned who)
{
    uint64_t session = w.clients[who].session;
    if (session == 0)
        return;
    both((struct command){.kind = COMMAND_SESSION_END,
                          .sessions = &session,
                          .session_count = 1,
                          .give_back = true,
                          .code = ERR_SESSION_LOST});
    memset(pending[who], 0, sizeof pending[who]);
    w.clients[who].session = other.clients[who].session = 0;
    w.clients[who].id = other.clients[who].id = 0;
    w.clients[who].token_hash[0]++;
    other.clients[who].token_hash[0]++;
}

static void step(void)
{
    unsigned who = choose(CLIENTS);
    char text[80];
    switch (choose(24)) {
    case 0:
        snprintf(text, sizeof text, "object.delete name=%s|force=1", named[choose(CREATES)]);
        ask(who, text);
        break;
    case 1:
    case 2:
        snprintf(text, sizeof text, "object.create %s", creates[choose(CREATES)]);
        ask(who, text);
        break;
    case 3:
        both((struct command){.kind = COMMAND_TICK, .now_ms = w.now_ms + choose(40)});
        w.now_ms = other.now_ms = engine_now(w.engine);
        break;
    case 4:
        both((struct command){.kind = COMMAND_CANCEL,
                              .session = w.clients[who].session,
                              .id = w.clients[who].id - choose(3),
                              .code = ERR_CANCELLED});
        break;
    case 5:
        if (choose(4) == 0)
            end(who);
        break;
    case 6:
    case 7:
        both((struct command){.kind = COMMAND_REST});
        break;
    case 8:
        both((struct command){.kind = choose(2) == 0 ? COMMAND_AWAY : COMMAND_BACK,
                              .sessions = &w.clients[who].session,
                              .session_count = 1});
        break;
    case 9:
        reload_go_on(&w);
        break;
    default:
        ask(who, acts[choose(ACTS)]);
    }
}

/* All that is left goes, so that everybody is told of it. */
static void finish(void)
{
    for (unsigned i = 0; i < CREATES; i++) {
        (void)callf(&w, CLIENTS, "object.delete", "name=%s|force=1", named[i]);
        (void)callf(&other, CLIENTS, "object.delete", "name=%s|force=1", named[i]);
        count_told(CLIENTS, w.clients[CLIENTS].id);
        ck_assert_uint_eq(engine_object_id(w.engine, bytes_text(named[i])), 0);
    }
    while (engine_wants_rest(w.engine))
        both((struct command){.kind = COMMAND_REST});
}

START_TEST(whoever_waits_is_told_once)
{
    state = 77u + (unsigned)_i;
    memset(pending, 0, sizeof pending);
    world_init(&w, objects_handlers());
    world_init(&other, objects_handlers());
    world_slice(&w, 2);
    world_slice(&other, 2);
    for (unsigned i = 0; i < STEPS; i++) {
        step();
        must(i % 16 != 0 || strcmp(world_digest(&w), world_digest(&other)) == 0);
    }
    finish();
    for (unsigned who = 0; who < CLIENTS; who++)
        for (unsigned id = 0; id < IDS; id++)
            must(!pending[who][id]);
    ck_assert_uint_eq(world_usage(&w).waiters, 0);
    ck_assert_uint_eq(world_usage(&w).grants, 0);
    ck_assert_uint_eq(w.engine->ending_count, 0);
    world_free(&w);
    world_free(&other);
}
END_TEST

Suite *suite_told_once(void);

Suite *suite_told_once(void)
{
    Suite *suite = suite_create("told_once");
    TCase *tests = tcase_create("told_once");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, whoever_waits_is_told_once, 0, LIVES);
    suite_add_tcase(suite, tests);
    return suite;
}
