/* SPDX-License-Identifier: BSD-2-Clause */
/* channel: random lives of queues and pipes, replayed; and a witness that looks at each delivery:
 * nothing is lost, nothing comes twice without its mark, and nothing overtakes. */
#include <stdio.h>
#include <stdlib.h>

#include "daemon/objects/handlers.h"
#include "tests/support/must.h"
#include "tests/support/queue_kit.h"
#include "tests/support/randval.h"
#include "tests/support/replay.h"

#define U64(number) ((unsigned long long)(number))

enum { CLIENTS = 5 };

static const char *const names[] = {"f", "l", "p", "g"};
static const char *const kinds[] = {"fifo", "lifo", "priority", "fifo"};

static uint64_t some_wait(uint64_t *seed)
{
    static const uint64_t waits[] = {0, 0, 40, 400, UINT64_MAX};
    return waits[randval_below(seed, 5)];
}

/* A token that is alive, if the object has one; else any number. */
static uint64_t some_token(const struct world *w, const char *name, uint64_t *seed)
{
    struct session_view view;
    uint64_t session = 0;
    uint64_t revision = engine_revision(w->engine);
    (void)name;
    for (uint64_t back = 0; back < 40 && back < revision; back++)
        if (engine_owner(w->engine, revision - back) != 0 && randval_below(seed, 3) != 0)
            return revision - back;
    return engine_session_next(w->engine, &session) &&
                   engine_session_view(w->engine, session, &view)
               ? revision - randval_below(seed, 9)
               : 1;
}

static void step_queue(struct world *w, unsigned who, uint64_t *seed)
{
    const char *name = names[randval_below(seed, 4)], *to = names[randval_below(seed, 4)];
    uint64_t number = randval_below(seed, 30), wait = some_wait(seed);
    switch (randval_below(seed, 16)) {
    case 0:
    case 1:
    case 2:
        callf(w, who, "queue.put", "name=%s|value=%llu|wait_ms=%llu", name, U64(number), U64(wait));
        break;
    case 3:
        callf(w, who, "queue.put", "name=%s|value=!ref g|wait_ms=%llu", name, U64(wait));
        break;
    case 4:
        callf(w, who, "queue.put_many", "name=%s|items=[1, [%llu], 0.5]|wait_ms=%llu", name,
              U64(number), U64(wait));
        break;
    case 5:
    case 6:
    case 7:
        callf(w, who, "queue.get", "name=%s|wait_ms=%llu", name, U64(wait));
        break;
    case 8:
    case 9:
        callf(w, who, "queue.get", "name=%s|reserve=1|wait_ms=%llu", name, U64(wait));
        break;
    case 10:
        callf(w, who, "queue.ack", "name=%s|token=%llu", name, U64(some_token(w, name, seed)));
        break;
    case 11:
        callf(w, who, "queue.nack", "name=%s|token=%llu|delay_ms=%llu", name,
              U64(some_token(w, name, seed)), U64(randval_below(seed, 3) * 50));
        break;
    case 12:
        callf(w, who, "queue.nack", "name=%s|token=%llu|to=%s", name,
              U64(some_token(w, name, seed)), to);
        break;
    case 13:
        callf(w, who, "queue.move", "name=%s|to=%s", name, to);
        break;
    case 14:
        callf(w, who, randval_below(seed, 4) == 0 ? "queue.clear" : "queue.task_done", "name=%s",
              name);
        break;
    default:
        callf(w, who, "queue.join", "name=%s|wait_ms=%llu", name, U64(wait));
    }
}

static void step_pipe(struct world *w, unsigned who, uint64_t *seed)
{
    static const char *const ends[] = {"", "|end=1", "|end=2"};
    const char *end = ends[randval_below(seed, 3)];
    uint64_t wait = some_wait(seed);
    switch (randval_below(seed, 12)) {
    case 0:
        callf(w, who, "pipe.attach", "name=c%s", end);
        break;
    case 1:
        if (randval_below(seed, 8) == 0)
            callf(w, who, "pipe.close", "name=c%s", end);
        break;
    case 2:
    case 3:
        callf(w, who, "pipe.poll", "name=c%s|wait_ms=%llu", end, U64(wait));
        break;
    case 4:
    case 5:
    case 6:
    case 7:
        callf(w, who, "pipe.send", "name=c%s|value=[%llu]|wait_ms=%llu", end,
              U64(randval_below(seed, 100)), U64(wait));
        break;
    default:
        callf(w, who, "pipe.recv", "name=c%s|wait_ms=%llu", end, U64(wait));
    }
}

static void create_all(struct world *w, uint64_t *seed)
{
    for (unsigned i = 0; i < 4; i++) {
        callf(w, 0, "object.create", "type=queue|name=%s|if_absent=1|kind=%s|maxsize=%llu",
              names[i], kinds[i], U64(i == 3 ? 0 : 2 + randval_below(seed, 5)));
    }
    callf(w, 0, "object.create", "type=pipe|name=c|if_absent=1|maxsize=%llu|one_way=%llu",
          U64(randval_below(seed, 5)), U64(randval_below(seed, 2)));
}

static void step_other(struct world *w, unsigned who, uint64_t *seed)
{
    uint64_t id = w->clients[who].id;
    switch (randval_below(seed, 12)) {
    case 0:
    case 1:
        world_end(w, who);
        break;
    case 2:
    case 3:
        world_cancel(w, who, id - randval_below(seed, 4), ERR_CANCELLED);
        break;
    case 4:
        world_ack(w, who, id - randval_below(seed, 4));
        break;
    case 5:
        callf(w, 0, "object.delete", "name=%s|force=1", names[randval_below(seed, 4)]);
        break;
    case 6:
        callf(w, 0, "object.delete", "name=c|force=1");
        break;
    case 7:
        callf(w, 0, "queue.shutdown", "name=%s|immediate=%llu", names[randval_below(seed, 4)],
              U64(randval_below(seed, 2)));
        break;
    default:
        world_tick(w, randval_below(seed, 120));
    }
    create_all(w, seed);
}

/* All slots of a client may be waiting: then it comes back as another one. */
static void step_over(struct world *w, unsigned who)
{
    struct session_view view;
    if (engine_session_view(w->engine, w->clients[who].session, &view) &&
        view.waiters > WORLD_WINDOW / 2)
        world_end(w, who);
}

static void step(struct world *w, uint64_t *seed)
{
    unsigned who = (unsigned)randval_below(seed, CLIENTS);
    step_over(w, who);
    if (engine_object_id(w->engine, bytes_text("g")) == 0)
        create_all(w, seed);
    switch (randval_below(seed, 10)) {
    case 0:
        step_other(w, who, seed);
        break;
    case 1:
    case 2:
    case 3:
        step_pipe(w, who, seed);
        break;
    default:
        step_queue(w, who, seed);
    }
}

START_TEST(lives_replay_to_the_same_state)
{
    struct replay_report report =
        replay_run(objects_handlers(), step, 8000, 1 + (uint64_t)_i * 1000003);
    ck_assert_msg(report.what == NULL, "%s differ at command %zu", report.what, report.differs_at);
    ck_assert_uint_ge(report.commands, 8000); /* a step may be several */
}
END_TEST

/* ---- the witness ---- */

enum { VALUES = 3000, TAKERS = 6 }; /* client 0 only looks */

struct witness {
    struct world w;
    uint64_t next;          /* value */
    unsigned given[VALUES]; /* how often it was handed over */
    bool accepted[VALUES];
    uint64_t asked[TAKERS + 1]; /* the value of a client's put that waits; 0: none */
    uint64_t first_given;       /* largest value handed over for the first time: FIFO */
};

/* What the last command told. */
static void look(struct witness *wit, bool in_order)
{
    for (size_t i = 0; i < wit->w.seen_count; i++) {
        const struct seen *seen = &wit->w.seen[i];
        if (seen->result.kind == RESULT_GRANT && seen->result.value.len > 0) {
            uint64_t value = (uint64_t)val_read(seen->result.value).integer;
            must(value < VALUES);
            must(seen->result.redelivered == (wit->given[value] > 0));
            must(seen->result.attempts == wit->given[value]);
            if (wit->given[value]++ == 0 && in_order) {
                must(value > wit->first_given);
                wit->first_given = value;
            }
        }
        for (unsigned who = 1; who <= TAKERS; who++) {
            if (seen->session == wit->w.clients[who].session && wit->asked[who] != 0 &&
                seen->id == wit->w.clients[who].id) {
                wit->accepted[wit->asked[who]] = seen->result.kind == RESULT_DONE;
                wit->asked[who] = 0;
            }
        }
    }
}

static bool waits(const struct witness *wit, unsigned who)
{
    struct session_view view;
    return engine_session_view(wit->w.engine, wit->w.clients[who].session, &view) &&
           view.waiters > 0;
}

static void witness_put(struct witness *wit, unsigned who, uint64_t wait)
{
    uint64_t value = ++wit->next;
    wit->asked[who] = value;
    callf(&wit->w, who, "queue.put", "name=q|value=%llu|wait_ms=%llu", U64(value), U64(wait));
}

static void witness_step(struct witness *wit, uint64_t *seed)
{
    unsigned who = 1 + (unsigned)randval_below(seed, TAKERS);
    uint64_t wait = some_wait(seed);
    uint64_t what = randval_below(seed, 20);
    struct world *w = &wit->w;
    if (what == 0) {
        world_end(w, who);
        wit->asked[who] = 0;
    } else if (what < 3) {
        world_tick(w, randval_below(seed, 100));
    } else if (waits(wit, who)) {
        if (what < 6)
            world_cancel(w, who, w->clients[who].id, ERR_CANCELLED);
    } else if (what < 9) {
        witness_put(wit, who, wait);
    } else if (what < 15) {
        callf(w, who, "queue.get", "name=q|reserve=%llu|wait_ms=%llu", U64(randval_below(seed, 2)),
              U64(wait));
    } else if (what < 17) {
        callf(w, who, "queue.nack", "name=q|token=%llu|delay_ms=%llu",
              U64(some_token(w, "q", seed)), U64(randval_below(seed, 2) * 70));
    } else if (what < 19) {
        callf(w, who, "queue.ack", "name=q|token=%llu", U64(some_token(w, "q", seed)));
    } else {
        world_ack(w, who, w->clients[who].id);
    }
}

START_TEST(nothing_is_lost_and_nothing_comes_twice_unmarked)
{
    static struct witness wit;
    uint64_t seed = 11 + (uint64_t)_i;
    unsigned accepted = 0;
    memset(&wit, 0, sizeof wit);
    world_init(&wit.w, objects_handlers());
    call(&wit.w, 0, "object.create", "type=queue|name=q|maxsize=7");
    while (wit.next < VALUES - 2) {
        witness_step(&wit, &seed);
        look(&wit, true);
        must(strtoull(kit_info(&wit.w, "q", "ready"), NULL, 10) <= 7 + TAKERS * WORLD_WINDOW);
    }
    for (unsigned who = 1; who <= TAKERS; who++) {
        world_end(&wit.w, who);
        look(&wit, true);
        wit.asked[who] = 0;
    }
    world_tick(&wit.w, 1000);
    while (strcmp(kit_info(&wit.w, "q", "ready"), "0") != 0) {
        call(&wit.w, 7, "queue.get", "name=q");
        look(&wit, true);
    }
    for (unsigned value = 1; value < VALUES; value++) {
        ck_assert_msg(!wit.accepted[value] || wit.given[value] > 0, "%u is lost", value);
        ck_assert_msg(wit.accepted[value] || wit.given[value] == 0, "%u came from nowhere", value);
        accepted += wit.accepted[value];
    }
    ck_assert_uint_gt(accepted, VALUES / 4);
    ck_assert_str_eq(kit_info(&wit.w, "q", "reserved"), "0");
    ck_assert_str_eq(kit_info(&wit.w, "q", "delayed"), "0");
    world_free(&wit.w);
}
END_TEST

Suite *suite_channel(void);
Suite *suite_channel(void)
{
    Suite *suite = suite_create("channel");
    TCase *tests = tcase_create("channel");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, lives_replay_to_the_same_state, 0, 6);
    tcase_add_loop_test(tests, nothing_is_lost_and_nothing_comes_twice_unmarked, 0, 6);
    suite_add_tcase(suite, tests);
    return suite;
}
