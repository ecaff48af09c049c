/* SPDX-License-Identifier: BSD-2-Clause */
/* How the words of a command line become a plan. */
#include "bench/plan.h"

#include <getopt.h>

#include "bench/plan_table.h"
#include "wire/base/duration.h"
#include "wire/base/name.h"

enum { ROWS_MAX = 64, LONG = 256 /* above all letters: options by their number */ };
enum { PREFIX_MAX = NAME_MAX_BYTES - 40 }; /* leaves room for "/queue/000000000000" */

/* A number that was not given. */
#define UNSET (UINT64_MAX - 1)

static bool read_number(const struct plan_row *row, const char *text, uint64_t *to, struct buf *why)
{
    uint64_t sum = 0;
    const char *c = text;
    while (*c >= '0' && *c <= '9' && !__builtin_mul_overflow(sum, 10, &sum) &&
           !__builtin_add_overflow(sum, (uint64_t)(*c - '0'), &sum))
        c++;
    if (c == text || *c != '\0' || sum < row->low || sum > row->high) {
        buf_printf(why, "--%s: '%s' is not a number from %llu to %llu", row->name, text,
                   (unsigned long long)row->low, (unsigned long long)row->high);
        return false;
    }
    *to = sum;
    return true;
}

static bool read_duration(const struct plan_row *row, const char *text, uint64_t *to,
                          struct buf *why)
{
    int64_t ms;
    if (!duration_read(text, &ms) || ms <= 0) {
        buf_printf(why, "--%s: '%s' is no time above 0 (10, 0.5, 500ms, 2m)", row->name, text);
        return false;
    }
    *to = (uint64_t)ms;
    return true;
}

static bool read_name(const char *text, const char **to, struct buf *why)
{
    const char *fault = name_fault(bytes_text(text));
    if (fault == NULL && strlen(text) > PREFIX_MAX)
        fault = "is too long";
    if (fault != NULL)
        buf_printf(why, "--name: '%s' %s", text, fault);
    *to = text;
    return fault == NULL;
}

static bool read_format(const char *text, uint64_t *to, struct buf *why)
{
    static const char *const names[] = {
        [PLAN_TEXT] = "text", [PLAN_CSV] = "csv", [PLAN_JSON] = "json"};
    for (*to = 0; *to < sizeof names / sizeof *names; ++*to)
        if (strcmp(text, names[*to]) == 0)
            return true;
    buf_printf(why, "--output: '%s' is neither text, csv nor json", text);
    return false;
}

/* Takes the value of an option, or the word that it stands for. */
static bool set(struct plan *plan, const struct plan_row *row, const char *text, struct buf *why)
{
    void *to = (char *)plan + row->offset;
    switch (row->kind) {
    case PLAN_ROW_TEXT:
        *(const char **)to = text;
        return true;
    case PLAN_ROW_NAME:
        return read_name(text, to, why);
    case PLAN_ROW_NUMBER:
        return read_number(row, text, to, why);
    case PLAN_ROW_DURATION:
        return read_duration(row, text, to, why);
    case PLAN_ROW_FLAG:
        *(bool *)to = true;
        return true;
    case PLAN_ROW_PROTOCOL:
        plan->protocol = protocol_find(text);
        if (plan->protocol == NULL)
            buf_printf(why, "--protocol: '%s' is neither mgr nor resp", text);
        return plan->protocol != NULL;
    case PLAN_ROW_WORKLOAD:
        plan->workload = workload_find(text);
        if (plan->workload == NULL)
            buf_printf(why, "--workload: there is no '%s'", text);
        return plan->workload != NULL;
    default:
        return read_format(text, to, why);
    }
}

static bool set_defaults(struct plan *plan, struct buf *why)
{
    *plan = (struct plan){.requests = UNSET};
    for (const struct plan_row *row = plan_rows; row->name != NULL; row++)
        if (row->value != NULL && row->word != NULL && !set(plan, row, row->word, why))
            return false;
    return true;
}

/* What one option implies for others; the first thing that does not fit is told. */
static bool finish(struct plan *plan, struct buf *why)
{
    bool hold = plan->requests == 0;
    const char *fault = NULL;
    if (plan->hot > plan->keys)
        fault = "--hot is more than --keys";
    else if (hold && plan->idle == 0)
        fault = "-n 0 makes no requests: say --idle, or how many";
    else if (!hold && plan->hold_ms > 0)
        fault = "--hold is for -n 0 only";
    else if (plan->workload->filled_by != NULL && plan->requests == UNSET && plan->duration_ms > 0)
        fault = "this workload needs -n: so many items are put in before";
    if (fault != NULL)
        buf_put_text(why, fault);
    if (hold)
        plan->connections = 0;
    else if (plan->workload->each_key)
        plan->requests = plan->keys;
    else if (plan->requests == UNSET)
        plan->requests = plan->duration_ms > 0 ? UINT64_MAX : 1000000;
    if (plan->pipeline == 0)
        plan->pipeline = plan->rate > 0 ? PROTOCOL_PIPELINE_MAX : 1;
    return fault == NULL;
}

/* getopt's two ways of naming an option: ":s:w:q" and an array. */
static void list_options(char letters[2 * ROWS_MAX + 2], struct option longs[ROWS_MAX])
{
    char *c = letters;
    *c++ = ':';
    for (int i = 0; i < ROWS_MAX - 1 && plan_rows[i].name != NULL; i++) {
        const struct plan_row *row = &plan_rows[i];
        *longs++ = (struct option){row->name, row->value != NULL, NULL, LONG + i};
        if (row->letter != 0)
            *c++ = row->letter;
        if (row->letter != 0 && row->value != NULL)
            *c++ = ':';
    }
    *c = '\0';
    *longs = (struct option){NULL, 0, NULL, 0};
}

static const struct plan_row *row_of(int option)
{
    for (int i = 0; plan_rows[i].name != NULL; i++)
        if (option == LONG + i || (option < LONG && option == plan_rows[i].letter))
            return &plan_rows[i];
    return NULL;
}

enum plan_wish plan_read(struct plan *plan, int argc, char **argv, struct buf *why)
{
    char letters[2 * ROWS_MAX + 2];
    struct option longs[ROWS_MAX];
    int option;
    list_options(letters, longs);
    optind = 0; /* glibc: begin anew */
    opterr = 0;
    if (!set_defaults(plan, why))
        return PLAN_BAD;
    while ((option = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
        const struct plan_row *row = row_of(option);
        if (row == NULL) {
            buf_printf(why, option == ':' ? "'%s' wants a value" : "there is no option '%s'",
                       argv[optind - 1]);
            return PLAN_BAD;
        }
        if (row->kind == PLAN_ROW_WISH)
            return (enum plan_wish)row->offset;
        if (!set(plan, row, row->value != NULL ? optarg : row->word, why))
            return PLAN_BAD;
    }
    if (optind < argc) {
        buf_printf(why, "'%s' is no option", argv[optind]);
        return PLAN_BAD;
    }
    return finish(plan, why) ? PLAN_RUN : PLAN_BAD;
}
