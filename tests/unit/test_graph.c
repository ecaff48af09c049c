/* SPDX-License-Identifier: BSD-2-Clause */
/* Who waits for whom: who is found to be stuck, and how it is shown. */
#include "cli/waits/graph.h"

#include <check.h>
#include <stdio.h>

#include "tests/support/alloc.h"
#include "tests/support/must.h"
#include "wire/literal/literal.h"
#include "wire/value/value.h"

static struct buf rows, out;
static struct graph graph;
static size_t list;

static void setup(void)
{
    buf_init(&rows);
    buf_init(&out);
    list = val_open(&rows, VAL_LIST);
}

static void teardown(void)
{
    graph_free(&graph);
    buf_free(&rows);
    buf_free(&out);
}

/* "3" is session 3; "3/7" its holder 7; "#5" after it: token 5. As the fields of a row. */
static void put_who(const char *who, const char *token_key, const char *token, struct buf *text)
{
    int end = (int)strcspn(who, "#");
    int len = (int)strcspn(who, "/#");
    buf_printf(text, "session: \"%.*s\", client: c%.*s, holder: \"%.*s\"", len, who, len, who,
               len == end ? 1 : end - len - 1, len == end ? "0" : who + len + 1);
    token = who[end] == '#' ? who + end + 1 : token;
    if (token != NULL)
        buf_printf(text, ", %s: \"%s\"", token_key, token);
}

/* A waiting request; owners: who hold the object, separated by blanks. A token of who waits is the
 * one that it acts under. */
static void waits(const char *who, const char *object, const char *owners)
{
    struct buf text;
    struct literal_error error;
    char all[200], *save = NULL;
    buf_init(&text);
    buf_printf(&text, "{object: %s, type: lock, id: \"9\", operation: lock acquire, ", object);
    put_who(who, "under", NULL, &text);
    buf_put_text(&text, ", waited_ms: 1500, left_ms: null, want: null, held_by: [");
    snprintf(all, sizeof all, "%s", owners);
    for (char *owner = strtok_r(all, " ", &save); owner != NULL;
         owner = strtok_r(NULL, " ", &save)) {
        buf_put_u8(&text, '{');
        put_who(owner, "token", "77", &text);
        buf_put_text(&text, "},");
    }
    buf_put_text(&text, "]}");
    size_t item = val_open_item(&rows);
    must(literal_read(buf_bytes(&text), LITERAL_ANY, NULL, &rows, &error));
    val_close(&rows, item);
    buf_free(&text);
}

static void solve(void)
{
    val_close(&rows, list);
    ck_assert(!rows.failed);
    ck_assert(graph_read(&graph, buf_bytes(&rows)));
}

static enum graph_fate fate(uint64_t session, uint64_t holder)
{
    for (size_t i = 0; i < graph.agent_count; i++)
        if (graph.agents[i].session == session && graph.agents[i].holder == holder)
            return graph.agents[i].fate;
    ck_abort_msg("nobody is session %llu", (unsigned long long)session);
    return GRAPH_FREE;
}

static void shown_is(const char *text)
{
    buf_put_u8(&out, '\0');
    ck_assert_str_eq((const char *)out.data, text);
    buf_reset(&out, SIZE_MAX);
}

/* ---- who is stuck ---- */

START_TEST(nobody_waits)
{
    solve();
    ck_assert_uint_eq(graph.row_count, 0);
    ck_assert_uint_eq(graph.cycle_count, 0);
    graph_put_tree(&graph, GRAPH_NONE, &out);
    graph_put_cycles(&graph, GRAPH_NONE, &out);
    ck_assert_uint_eq(out.len, 0);
}
END_TEST

START_TEST(a_chain_ends_at_one_who_works)
{
    waits("1", "a", "2");
    waits("2", "b", "3");
    solve();
    ck_assert_uint_eq(graph.agent_count, 3);
    ck_assert_int_eq(fate(1, 0), GRAPH_FREE);
    ck_assert_int_eq(fate(2, 0), GRAPH_FREE);
    ck_assert_uint_eq(graph.cycle_count, 0);
}
END_TEST

START_TEST(one_waits_for_itself)
{
    waits("1/4", "a", "1/4");
    waits("1/5", "a", "1/4"); /* another holder of the same session */
    solve();
    ck_assert_int_eq(fate(1, 4), GRAPH_DEAD);
    ck_assert_int_eq(fate(1, 5), GRAPH_BEHIND);
    ck_assert_uint_eq(graph.cycle_count, 1);
    graph_put_cycles(&graph, GRAPH_NONE, &out);
    shown_is("deadlock: c1 (session 1, holder 4) waits for lock \"a\", held by itself\n");
}
END_TEST

START_TEST(two_wait_for_each_other)
{
    waits("1", "b", "2");
    waits("2", "a", "1");
    solve();
    ck_assert_int_eq(fate(1, 0), GRAPH_DEAD);
    ck_assert_int_eq(fate(2, 0), GRAPH_DEAD);
    ck_assert_uint_eq(graph.cycle_count, 1);
    graph_put_cycles(&graph, GRAPH_NONE, &out);
    shown_is("deadlock: c1 (session 1) waits for lock \"b\", held by c2 (session 2), who waits for "
             "lock \"a\", held by c1 (session 1)\n");
}
END_TEST

START_TEST(a_chain_leads_into_a_cycle)
{
    waits("4", "c", "3");
    waits("3", "a", "1");
    waits("1", "b", "2");
    waits("2", "a", "1");
    solve();
    ck_assert_int_eq(fate(4, 0), GRAPH_BEHIND);
    ck_assert_int_eq(fate(3, 0), GRAPH_BEHIND);
    ck_assert_int_eq(fate(1, 0), GRAPH_DEAD);
    ck_assert_int_eq(fate(2, 0), GRAPH_DEAD);
    ck_assert_uint_eq(graph.cycle_count, 1);
}
END_TEST

START_TEST(permits_are_stuck_when_all_who_hold_some_are)
{
    waits("1", "s", "2 3");
    waits("2", "a", "1");
    solve(); /* 3 works, and may give a permit back */
    ck_assert_int_eq(fate(1, 0), GRAPH_FREE);
    ck_assert_int_eq(fate(2, 0), GRAPH_FREE);
    teardown();
    setup();
    waits("1", "s", "2 3");
    waits("2", "a", "1");
    waits("3", "a", "1");
    solve();
    ck_assert_int_eq(fate(1, 0), GRAPH_DEAD);
    ck_assert_int_ne(fate(2, 0), GRAPH_FREE);
    ck_assert_int_ne(fate(3, 0), GRAPH_FREE);
    ck_assert_uint_eq(graph.cycle_count, 1);
}
END_TEST

START_TEST(an_event_may_come)
{
    waits("1", "b", "2");
    waits("2", "e", "");
    solve();
    ck_assert_int_eq(fate(1, 0), GRAPH_FREE);
    ck_assert_int_eq(fate(2, 0), GRAPH_FREE);
}
END_TEST

/* One of its requests may go on: it may yet give back what it owns. */
START_TEST(with_two_requests_one_is_enough)
{
    waits("1", "a", "1");
    waits("1", "e", "");
    waits("2", "a", "1");
    solve();
    ck_assert_int_eq(fate(1, 0), GRAPH_FREE);
    ck_assert_int_eq(fate(2, 0), GRAPH_FREE);
    ck_assert_uint_eq(graph.cycle_count, 0);
}
END_TEST

/* ---- inside of one another ---- */

/* lock run dz -- mgrctl lock run dz -- true */
START_TEST(nested_for_the_same)
{
    waits("2#50", "dz", "1#50");
    solve();
    ck_assert_int_eq(fate(1, 0), GRAPH_DEAD);
    ck_assert_int_eq(fate(2, 0), GRAPH_BEHIND);
    ck_assert_uint_eq(graph_cycles_chosen(&graph, graph_object_find(&graph, bytes_text("dz"))), 1);
    graph_put_cycles(&graph, GRAPH_NONE, &out);
    shown_is("deadlock: c1 (session 1) waits for lock \"dz\" (by c2 (session 2), under token 50), "
             "held by itself\n");
    graph_put_tree(&graph, GRAPH_NONE, &out);
    shown_is("lock \"dz\" held by c1 (session 1) token 50\n"
             "  c2 (session 2) lock acquire, waits 1.5s, under token 50  [deadlock]\n");
    graph_put_dot(&graph, GRAPH_NONE, &out);
    shown_is("digraph waits {\n"
             "  rankdir=LR;\n"
             "  node [shape=ellipse];\n"
             "  a0 [label=\"c1\\nsession 1\", color=red];\n"
             "  a1 [label=\"c2\\nsession 2\", color=orange];\n"
             "  o0 [shape=box, label=\"lock\\ndz\"];\n"
             "  o0 -> a0 [label=\"50\", color=red];\n"
             "  a1 -> o0 [style=dashed, label=\"lock acquire 1.5s\\nunder token 50\", color=red];\n"
             "  a0 -> a1 [style=dotted];\n"
             "}\n");
}
END_TEST

START_TEST(nested_the_other_way_round)
{
    waits("11#51", "db", "2#52");
    waits("12#52", "da", "1#51");
    waits("5", "da", "1#51");
    solve();
    ck_assert_int_eq(fate(1, 0), GRAPH_DEAD);
    ck_assert_int_eq(fate(2, 0), GRAPH_DEAD);
    ck_assert_int_eq(fate(5, 0), GRAPH_BEHIND);
    ck_assert_uint_eq(graph.cycle_count, 1);
    ck_assert_uint_eq(graph_cycles_chosen(&graph, graph_object_find(&graph, bytes_text("da"))), 1);
    ck_assert_uint_eq(graph_cycles_chosen(&graph, graph_object_find(&graph, bytes_text("db"))), 1);
    graph_put_cycles(&graph, GRAPH_NONE, &out);
    shown_is(
        "deadlock: c1 (session 1) waits for lock \"db\" (by c11 (session 11), under token 51), "
        "held by c2 (session 2), who waits for lock \"da\" (by c12 (session 12), under token "
        "52), held by c1 (session 1)\n");
}
END_TEST

START_TEST(nested_without_a_cycle)
{
    waits("11#51", "db", "2#52"); /* 2 works */
    waits("12", "da", "1#51");
    waits("13#99", "da", "1#51"); /* under something that nobody waits for */
    solve();
    ck_assert_int_eq(fate(1, 0), GRAPH_FREE);
    ck_assert_int_eq(fate(12, 0), GRAPH_FREE);
    ck_assert_int_eq(fate(13, 0), GRAPH_FREE);
    ck_assert_uint_eq(graph.cycle_count, 0);
}
END_TEST

/* Two run inside of it, and one of them may go on. */
START_TEST(nested_with_a_way_on)
{
    waits("2#50", "dz", "1#50");
    waits("3#50", "e", "");
    solve();
    ck_assert_int_eq(fate(1, 0), GRAPH_FREE);
    ck_assert_int_eq(fate(2, 0), GRAPH_FREE);
    ck_assert_uint_eq(graph.cycle_count, 0);
    teardown();
    setup();
    waits("2#50", "dz", "1#50");
    waits("1", "e", "");
    solve();
    ck_assert_int_eq(fate(1, 0), GRAPH_FREE);
    ck_assert_uint_eq(graph.cycle_count, 0);
}
END_TEST

/* Whoever acts under a grant of its own waits once. */
START_TEST(under_its_own_grant)
{
    waits("1#50", "a", "1#50");
    solve();
    ck_assert_uint_eq(graph.rows[0].outer, GRAPH_NONE);
    ck_assert_int_eq(fate(1, 0), GRAPH_DEAD);
    ck_assert_uint_eq(graph.cycle_count, 1);
}
END_TEST

static void read_literal(const char *text)
{
    struct literal_error error;
    buf_reset(&rows, SIZE_MAX);
    ck_assert_msg(literal_read(bytes_text(text), LITERAL_ANY, NULL, &rows, &error), "%s",
                  error.text);
    ck_assert(graph_read(&graph, buf_bytes(&rows)));
}

START_TEST(what_is_not_known_is_not_called_stuck)
{
    read_literal("[{object: s, type: semaphore, operation: semaphore acquire, session: '1', client:"
                 " x, holder: '0', waited_ms: 1, left_ms: 2, want: 5, held_by: [{session: '1', "
                 "client: x, holder: '0', token: '3'}], held_by_more: 50}, {more: 12}]");
    ck_assert_uint_eq(graph.row_count, 1);
    ck_assert_uint_eq(graph.left_out, 12);
    ck_assert_uint_eq(graph.rows[0].more_holds, 50);
    ck_assert_int_eq(fate(1, 0), GRAPH_FREE);
    graph_put_tree(&graph, GRAPH_NONE, &out);
    shown_is("semaphore \"s\" held by x (session 1) token 3 and 50 more\n"
             "  x (session 1) semaphore acquire of 5, waits 1ms, for 2ms more\n"
             "    holds semaphore \"s\", see above\n");
}
END_TEST

START_TEST(who_is_away_is_marked)
{
    read_literal(
        "[{object: l, type: lock, operation: lock acquire, session: '1', client: x,"
        " holder: '0', waited_ms: 1, left_ms: null, away: true, want: null, held_by: []}]");
    graph_put_tree(&graph, GRAPH_NONE, &out);
    shown_is("lock \"l\"\n"
             "  x (session 1) lock acquire, waits 1ms, away\n");
    buf_reset(&out, SIZE_MAX);
    graph_put_dot(&graph, GRAPH_NONE, &out);
    buf_put_u8(&out, 0);
    ck_assert_ptr_nonnull(strstr((const char *)out.data, "lock acquire 1ms\\naway\""));
}
END_TEST

/* Rows of another daemon, or of none. */
START_TEST(strange_rows_do_no_harm)
{
    static const char *const texts[] = {"7",
                                        "[]",
                                        "[1, a, []]",
                                        "[{}]",
                                        "[{held_by: 3, session: 4, object: [1]}]",
                                        "[{held_by: [1, {}], session: 'x', more: -1}]",
                                        "[{under: x}, {under: [], held_by: [{token: 3}]}]",
                                        "{a: 1}",
                                        "[{more: 1}, {more: 2}]"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        read_literal(texts[i]);
        graph_put_tree(&graph, GRAPH_NONE, &out);
        graph_put_cycles(&graph, GRAPH_NONE, &out);
        graph_put_dot(&graph, GRAPH_NONE, &out);
        ck_assert(!out.failed);
        graph_free(&graph);
    }
}
END_TEST

START_TEST(without_memory)
{
    size_t refused = 0;
    waits("1", "b", "2");
    waits("2", "a", "1");
    val_close(&rows, list);
    for (size_t n = 1;; n++) {
        alloc_fail_at(n);
        bool ok = graph_read(&graph, buf_bytes(&rows));
        alloc_fail_never();
        if (ok)
            break;
        refused++;
        graph_free(&graph);
    }
    ck_assert_uint_ge(refused, 8);
    ck_assert_uint_eq(graph.cycle_count, 1);
}
END_TEST

/* ---- how it is shown ---- */

START_TEST(the_tree)
{
    waits("1", "b", "2");
    waits("3", "e", "");
    waits("2", "a", "1");
    waits("5", "a", "1");
    waits("6", "x", "7");
    waits("8", "y", "6");
    solve();
    graph_put_tree(&graph, GRAPH_NONE, &out);
    shown_is("lock \"e\"\n"
             "  c3 (session 3) lock acquire, waits 1.5s\n"
             "lock \"x\" held by c7 (session 7) token 77\n"
             "  c6 (session 6) lock acquire, waits 1.5s\n"
             "    lock \"y\" held by c6 (session 6) token 77\n"
             "      c8 (session 8) lock acquire, waits 1.5s\n"
             "lock \"b\" held by c2 (session 2) token 77\n"
             "  c1 (session 1) lock acquire, waits 1.5s  [deadlock]\n"
             "    lock \"a\" held by c1 (session 1) token 77\n"
             "      c2 (session 2) lock acquire, waits 1.5s  [deadlock]\n"
             "        holds lock \"b\", see above\n"
             "      c5 (session 5) lock acquire, waits 1.5s  [behind a deadlock]\n");
}
END_TEST

START_TEST(a_part_of_it)
{
    waits("1", "b", "2");
    waits("2", "a", "1");
    waits("6", "x", "7");
    waits("8", "y", "6");
    solve();
    size_t y = graph_object_find(&graph, bytes_text("y"));
    size_t a = graph_object_find(&graph, bytes_text("a"));
    ck_assert_uint_eq(graph_object_find(&graph, bytes_text("none")), GRAPH_NONE);
    ck_assert_uint_eq(graph_cycles_chosen(&graph, y), 0);
    ck_assert_uint_eq(graph_cycles_chosen(&graph, a), 1);
    ck_assert_uint_eq(graph_cycles_chosen(&graph, GRAPH_NONE), 1);
    graph_put_cycles(&graph, y, &out);
    ck_assert_uint_eq(out.len, 0);
    graph_put_tree(&graph, y, &out);
    shown_is("lock \"x\" held by c7 (session 7) token 77\n"
             "  c6 (session 6) lock acquire, waits 1.5s\n"
             "    lock \"y\" held by c6 (session 6) token 77\n"
             "      c8 (session 8) lock acquire, waits 1.5s\n");
    graph_put_dot(&graph, y, &out);
    buf_put_u8(&out, '\0');
    ck_assert_ptr_nonnull(strstr((const char *)out.data, "c8\\n"));
    ck_assert_ptr_null(strstr((const char *)out.data, "c1\\n"));
}
END_TEST

START_TEST(dot_quotes_names)
{
    read_literal("[{object: 'a\"b', type: lock, operation: lock acquire, session: '1', client: y, "
                 "holder: '0', waited_ms: 1, left_ms: null, want: null, "
                 "held_by: [{session: '1', client: y, holder: '0', token: '3'}]}]");
    graph_put_dot(&graph, GRAPH_NONE, &out);
    shown_is("digraph waits {\n"
             "  rankdir=LR;\n"
             "  node [shape=ellipse];\n"
             "  a0 [label=\"y\\nsession 1\", color=red];\n"
             "  o0 [shape=box, label=\"lock\\na\\\"b\"];\n"
             "  o0 -> a0 [label=\"3\", color=red];\n"
             "  a0 -> o0 [style=dashed, label=\"lock acquire 1ms\", color=red];\n"
             "}\n");
    graph_free(&graph);
    read_literal("[{object: a, type: lock, operation: x, session: '1', client: "
                 "\"x\\\\\\\"]; evil\\n\\e[2J\", holder: '0', waited_ms: 1, held_by: []}]");
    graph_put_dot(&graph, GRAPH_NONE, &out);
    buf_put_u8(&out, '\0');
    const char *label = "a0 [label=\"x\\\\\\\"]; evil\\\\n\\\\x1b[2J\\nsession 1\"];";
    ck_assert_msg(strstr((const char *)out.data, label) != NULL, "%s", (const char *)out.data);
}
END_TEST

enum { MANY = 10000 };

/* A chain as long as there may be waiters, that ends in a cycle: no step looks at all others, and
 * the lines do not grow with the depth. */
START_TEST(a_long_chain)
{
    char who[16], object[16], owner[16];
    for (unsigned i = 1; i <= MANY; i++) {
        snprintf(who, sizeof who, "%u", i);
        snprintf(object, sizeof object, "o%u", i);
        snprintf(owner, sizeof owner, "%u", i < MANY ? i + 1 : MANY - 1);
        waits(who, object, owner);
    }
    solve();
    ck_assert_uint_eq(graph.cycle_count, 1);
    ck_assert_int_eq(fate(1, 0), GRAPH_BEHIND);
    ck_assert_int_eq(fate(MANY, 0), GRAPH_DEAD);
    graph_put_tree(&graph, GRAPH_NONE, &out);
    ck_assert_uint_gt(out.len, (size_t)MANY * 50);
    ck_assert_uint_lt(out.len, (size_t)MANY * 400);
}
END_TEST

Suite *suite_graph(void);

Suite *suite_graph(void)
{
    Suite *suite = suite_create("graph");
    TCase *tcase = tcase_create("graph");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, nobody_waits);
    tcase_add_test(tcase, a_chain_ends_at_one_who_works);
    tcase_add_test(tcase, one_waits_for_itself);
    tcase_add_test(tcase, two_wait_for_each_other);
    tcase_add_test(tcase, a_chain_leads_into_a_cycle);
    tcase_add_test(tcase, permits_are_stuck_when_all_who_hold_some_are);
    tcase_add_test(tcase, an_event_may_come);
    tcase_add_test(tcase, with_two_requests_one_is_enough);
    tcase_add_test(tcase, nested_for_the_same);
    tcase_add_test(tcase, nested_the_other_way_round);
    tcase_add_test(tcase, nested_without_a_cycle);
    tcase_add_test(tcase, nested_with_a_way_on);
    tcase_add_test(tcase, under_its_own_grant);
    tcase_add_test(tcase, what_is_not_known_is_not_called_stuck);
    tcase_add_test(tcase, who_is_away_is_marked);
    tcase_add_test(tcase, strange_rows_do_no_harm);
    tcase_add_test(tcase, without_memory);
    tcase_add_test(tcase, the_tree);
    tcase_add_test(tcase, a_part_of_it);
    tcase_add_test(tcase, dot_quotes_names);
    tcase_add_test(tcase, a_long_chain);
    suite_add_tcase(suite, tcase);
    return suite;
}
