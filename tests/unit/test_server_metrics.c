/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests that metrics keep their names and order, have units and help, and that values are read. */
#include <check.h>
#include <ctype.h>

#include "daemon/server_metrics.h"
#include "wire/value/value.h"

Suite *suite_server_metrics(void);

/* Programs read these by name, people in this order: rows may be added, and never change. */
static const char *const stat_names[] = {"requests",
                                         "commands",
                                         "reads",
                                         "errors",
                                         "refused_work",
                                         "logins",
                                         "resumes",
                                         "superseded",
                                         "protocol_errors",
                                         "sessions_ended",
                                         "buffers_bytes",
                                         "buffers_peak_bytes",
                                         "buffers_closed",
                                         "connections",
                                         "log_lines_dropped",
                                         "turns",
                                         "slow_turns",
                                         "longest_turn_cpu_us",
                                         "longest_turn_wall_us",
                                         "resident_bytes",
                                         "trims",
                                         "longest_trim_us",
                                         "journal_bytes",
                                         "journal_commits",
                                         "journal_commit_us",
                                         "journal_segment",
                                         "journal_behind_snapshot",
                                         "journal_snapshot_failures",
                                         "journal_snapshot_failed",
                                         "journal_room",
                                         "sessions",
                                         "objects",
                                         "anonymous_objects",
                                         "waiters",
                                         "grants",
                                         "memory_bytes",
                                         "memory_blocks"};
static const char *const info_names[] = {"version",
                                         "durability",
                                         "state_id",
                                         "incarnation",
                                         "revision",
                                         "listen",
                                         "tokens",
                                         "journal",
                                         "snapshot",
                                         "configuration",
                                         "pid",
                                         "limit_frame_bytes",
                                         "limit_memory_bytes",
                                         "limit_buffers_bytes",
                                         "limit_connections",
                                         "limit_objects",
                                         "limit_sessions",
                                         "limit_window",
                                         "limit_bulk_items",
                                         "limit_work"};

enum {
    STAT_NAMES = sizeof stat_names / sizeof stat_names[0],
    INFO_NAMES = sizeof info_names / sizeof info_names[0],
    ROWS_MAX = 200
};

struct rows {
    const struct metric *row[ROWS_MAX];
    size_t count;
};

static void collect(void *arg, const struct metric *row)
{
    struct rows *rows = arg;
    ck_assert_uint_lt(rows->count, ROWS_MAX);
    rows->row[rows->count++] = row;
}

static void check_order(enum metric_report report, const char *const *names, size_t count)
{
    struct rows rows = {.count = 0};
    size_t next = 0;
    server_metrics_each(report, collect, &rows);
    for (size_t i = 0; i < rows.count && next < count; i++)
        next += strcmp(rows.row[i]->name, names[next]) == 0;
    ck_assert_msg(next == count, "%s is not there, or not in its place", names[next % count]);
}

START_TEST(names_and_order_stay)
{
    check_order(METRICS_STAT, stat_names, STAT_NAMES);
    check_order(METRICS_INFO, info_names, INFO_NAMES);
}
END_TEST

static struct rows all_rows(void)
{
    struct rows rows = {.count = 0};
    server_metrics_each(METRICS_STAT, collect, &rows);
    server_metrics_each(METRICS_INFO, collect, &rows);
    return rows;
}

/* Prometheus takes no other names, and no name twice. */
START_TEST(names_are_names_of_metrics)
{
    struct rows rows = all_rows();
    for (size_t i = 0; i < rows.count; i++) {
        const char *name = rows.row[i]->name;
        ck_assert_msg(strspn(name, "abcdefghijklmnopqrstuvwxyz_") == strlen(name), "%s", name);
        for (size_t k = 0; k < i; k++)
            ck_assert_msg(strcmp(name, rows.row[k]->name) != 0, "%s is there twice", name);
    }
}
END_TEST

/* One line of plain text, which neither roff nor Prometheus has to quote. */
START_TEST(help_is_a_line)
{
    struct rows rows = all_rows();
    for (size_t i = 0; i < rows.count; i++) {
        const char *help = rows.row[i]->help;
        ck_assert_msg(help != NULL && isupper((unsigned char)help[0]), "%s", rows.row[i]->name);
        ck_assert_msg(strpbrk(help, "\\\"'\n") == NULL && help[strlen(help) - 1] != '.', "%s",
                      help);
    }
}
END_TEST

START_TEST(every_row_has_one_value)
{
    struct rows rows = all_rows();
    for (size_t i = 0; i < rows.count; i++) {
        const struct metric *row = rows.row[i];
        bool is_text = row->kind == METRIC_TEXT, is_list = row->kind == METRIC_LIST;
        ck_assert_msg((row->text != NULL) == is_text && (row->list != NULL) == is_list, "%s",
                      row->name);
        ck_assert_msg((row->size != 0) + (row->number != NULL) == !(is_text || is_list), "%s",
                      row->name);
    }
}
END_TEST

/* ---- values ---- */

struct subject {
    uint32_t narrow;
    uint64_t wide;
};

static uint64_t twice(const void *of)
{
    return ((const struct subject *)of)->wide * 2;
}

static const char *word(const void *of)
{
    (void)of;
    return "word";
}

static void put_words(const void *of, struct buf *out)
{
    size_t list = val_open(out, VAL_LIST);
    size_t item = val_open_item(out);
    val_put_text(out, word(of));
    val_close(out, item);
    val_close(out, list);
}

static const struct metric subject_rows[] = {
    {"narrow", METRIC_GAUGE, "Narrow", METRIC_AT(struct subject, narrow)},
    {"wide", METRIC_COUNTER, "Wide", METRIC_AT(struct subject, wide)},
    {"id", METRIC_ID, "Id", .number = twice},
    {"text", METRIC_TEXT, "Text", .text = word},
    {"list", METRIC_LIST, "List", .list = put_words},
};
static const struct metric_table subject_table = METRIC_TABLE(subject_rows);

START_TEST(values_are_read)
{
    const struct subject subject = {.narrow = UINT32_MAX, .wide = UINT64_C(1) << 62};
    struct buf out, want;
    buf_init(&out);
    buf_init(&want);
    size_t dict = val_open(&out, VAL_DICT);
    metrics_put(&subject_table, &subject, &out);
    val_close(&out, dict);
    dict = val_open(&want, VAL_DICT);
    val_put_field_uint(&want, "narrow", UINT32_MAX);
    val_put_field_uint(&want, "wide", UINT64_C(1) << 62);
    val_put_field_text(&want, "id", "9223372036854775808");
    val_put_field_text(&want, "text", "word");
    size_t pair = val_open_pair(&want), part = val_open_key(&want);
    val_put_text(&want, "list");
    val_close(&want, part);
    part = val_open_member(&want);
    put_words(NULL, &want);
    val_close(&want, part);
    val_close(&want, pair);
    val_close(&want, dict);
    ck_assert(!out.failed && bytes_equal(buf_bytes(&out), buf_bytes(&want)));
    buf_free(&out);
    buf_free(&want);
}
END_TEST

Suite *suite_server_metrics(void)
{
    Suite *suite = suite_create("server_metrics");
    TCase *rows = tcase_create("rows");
    tcase_add_test(rows, names_and_order_stay);
    tcase_add_test(rows, names_are_names_of_metrics);
    tcase_add_test(rows, help_is_a_line);
    tcase_add_test(rows, every_row_has_one_value);
    tcase_add_test(rows, values_are_read);
    suite_add_tcase(suite, rows);
    return suite;
}
