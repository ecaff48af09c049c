/* SPDX-License-Identifier: BSD-2-Clause */
/* Grants on their way to a person or a script: refused, printed, kept, or given back. */
#include "cli/ops/grants.h"

#include <inttypes.h>
#include <stdio.h>

#include "cli/base/report.h"
#include "cli/print/answer.h"
#include "wire/value/value.h"

static bool is_reserve(const struct binding *binding)
{
    int field = grammar_field(&binding->command->row, "reserve", strlen("reserve"));
    return field >= 0 && binding->words[field] != NULL;
}

/* Whether it leaves a grant with the session. */
static bool owns(const struct binding *binding)
{
    return (binding->command->row.flags & OP_OWNS) != 0 || is_reserve(binding);
}

/* What can be renewed by its token outlives its connection by the lease once it is acquired: until
 * then the session ends soon after its connection. Other sessions are detached from the start. */
static bool has_renew(const char *type)
{
    return op_find(type, "renew") != NULL;
}

/* ---- may it ---- */

int grants_check(struct cli *cli, const struct binding *binding)
{
    const struct op_row *row = &binding->command->row;
    const char *name = binding->words[0] == NULL ? "NAME" : binding->words[0];
    bool leased = !cli->shell && cli->options.lease_ms > 0;
    if (leased && !has_renew(row->type) && (owns(binding) || row->class == CLASS_create))
        cli->keep = true;
    cli->acquires = leased && owns(binding);
    if (!owns(binding) || cli->shell || leased)
        return 0;
    int code = report(cli, MGR_USAGE,
                      "what %s %s acquires would be given back at once: its session "
                      "ends with this command",
                      row->type, row->method);
    if ((type_flags(row->type) & (TYPE_FLAG_OWNED | TYPE_FLAG_PERMITS)) != 0)
        report_hint(cli, "mgrctl %s run %s -- CMD... holds it while CMD runs", row->type, name);
    else if ((type_flags(row->type) & TYPE_FLAG_ITEMS) != 0)
        report_hint(cli, "mgrctl %s each %s -- CMD... runs CMD for each item", row->type, name);
    report_hint(cli, "--lease 60s keeps it so long; mgrctl shell keeps it until its end");
    return code;
}

/* ---- what it says ---- */

static int64_t number_field(struct mgr_view grant, const char *field)
{
    struct mgr_view view;
    int64_t number = 0;
    if (!mgr_field(grant, field, &view) || !mgr_as_int(view, &number))
        return 0;
    return number;
}

static bool flag_field(struct mgr_view grant, const char *field)
{
    struct mgr_view view;
    bool flag = false;
    return mgr_field(grant, field, &view) && mgr_as_bool(view, &flag) && flag;
}

bool grants_is_one(const struct op_row *row, struct mgr_view result)
{
    bool gives = (row->class == CLASS_lock || row->class == CLASS_consume) &&
                 (row->flags & (OP_OWNS | OP_WAITS)) != 0;
    struct mgr_view view;
    return gives && mgr_kind(result) == MGR_KIND_DICT && mgr_field(result, "token", &view);
}

struct bytes grants_value(struct mgr_view grant)
{
    struct mgr_view value = {NULL, 0};
    if (!mgr_field(grant, "value", &value))
        return bytes_of(NULL, 0);
    return bytes_of(value.data, value.len);
}

void grants_note_death(struct cli *cli, int64_t token)
{
    report_note(cli,
                "the last owner died while it owned it (token %" PRId64
                "): what it protects may be half done",
                token);
}

void grants_note(struct cli *cli, struct mgr_view grant)
{
    int64_t previous = number_field(grant, "previous_token");
    int64_t attempts = number_field(grant, "attempts");
    if (previous != 0)
        grants_note_death(cli, previous);
    if (flag_field(grant, "redelivered"))
        report_note(cli, "redelivered: somebody may have had this before (attempt %" PRId64 ")",
                    attempts + 1);
}

/* ---- printing ---- */

/* Tokens are printed as strings: JSON readers round numbers above 2^53. */
static void put_token(struct mgr_view grant, bool as_text, struct buf *out)
{
    char text[32];
    int64_t token = number_field(grant, "token");
    snprintf(text, sizeof text, "%" PRId64, token);
    if (as_text)
        val_put_text(out, text);
    else
        val_put_int(out, token);
}

static int print_token(struct cli *cli, struct mgr_view grant)
{
    struct buf token;
    buf_init(&token);
    put_token(grant, cli->options.format != FORMAT_TEXT, &token);
    int code = answer_print(cli, buf_bytes(&token));
    buf_free(&token);
    return code;
}

/* {"token": "123", "value": ..., "attempts": 0, "redelivered": false} */
static int print_reserved(struct cli *cli, struct mgr_view grant)
{
    struct buf dict;
    char token[32];
    enum output_format format = cli->options.format;
    snprintf(token, sizeof token, "%" PRId64, number_field(grant, "token"));
    if (cli->options.pick == NULL && (format == FORMAT_TEXT || format == FORMAT_RAW)) {
        buf_printf(&cli->out.buf, "%s\t", token);
        return answer_print(cli, grants_value(grant));
    }
    buf_init(&dict);
    size_t mark = val_open(&dict, VAL_DICT);
    val_put_field_text(&dict, "token", token);
    val_put_field(&dict, "value", grants_value(grant));
    val_put_field_uint(&dict, "attempts", (uint64_t)number_field(grant, "attempts"));
    val_put_field_bool(&dict, "redelivered", flag_field(grant, "redelivered"));
    val_close(&dict, mark);
    int code =
        dict.failed ? report(cli, MGR_NOMEM, "out of memory") : answer_print(cli, buf_bytes(&dict));
    buf_free(&dict);
    return code;
}

/* A shell cannot give an item back without ending its session. */
static void tell_anyway(struct cli *cli, struct bytes value)
{
    struct buf text;
    buf_init(&text);
    literal_print(value, cli_names(cli), &text);
    buf_put_u8(&text, '\0');
    report_note(cli, "taken out, and not printed: %s", text.failed ? "" : (const char *)text.data);
    buf_free(&text);
}

int grants_print(struct cli *cli, const struct binding *binding, struct mgr_view grant)
{
    struct bytes value = grants_value(grant);
    if (value.len == 0)
        return print_token(cli, grant);
    int code = is_reserve(binding) ? print_reserved(cli, grant) : answer_print(cli, value);
    if (code != 0 && cli->shell)
        tell_anyway(cli, value);
    return code;
}

/* ---- afterwards ---- */

int grants_keep(struct cli *cli, const struct binding *binding, struct mgr_view grant)
{
    const char *type = binding->command->row.type;
    char operation[64];
    if (!owns(binding) || cli->shell || cli->keep || !has_renew(type))
        return 0;
    snprintf(operation, sizeof operation, "%s renew", type);
    const struct mgr_named args[] = {{"name", mgr_str(binding->words[0])},
                                     {"token", mgr_int(number_field(grant, "token"))},
                                     {"lease_ms", mgr_int(cli->options.lease_ms)}};
    enum mgr_status status = cli_call(cli, operation, args, 3, NULL);
    cli->keep = status == MGR_OK;
    return cli->keep ? 0 : report_call(cli, status);
}

/* By its token: what ends with its session counts as lost, and the next owner is warned. */
static void give_back(struct cli *cli, const struct binding *binding, struct mgr_view grant)
{
    const char *type = binding->command->row.type;
    const char *method = is_reserve(binding) ? "nack" : "release";
    const struct mgr_named args[] = {{"name", mgr_str(binding->words[0])},
                                     {"token", mgr_int(number_field(grant, "token"))}};
    char operation[64];
    if (op_find(type, method) == NULL)
        return;
    snprintf(operation, sizeof operation, "%s %s", type, method);
    mgr_require(cli->m, 0);
    (void)!cli_call(cli, operation, args, 2, NULL); /* else the end of the session does it */
}

int grants_settle(struct cli *cli, const struct binding *binding, struct mgr_view result, int code)
{
    if (!owns(binding) && binding->command->row.class != CLASS_consume)
        return code;
    output_flush(&cli->out); /* only then does the daemon hear that it arrived */
    if (code == 0 && cli->out.error != 0)
        code = mgr_status_exit_code(MGR_LOCAL_IO); /* cli_end says why */
    if (code == 0 || cli->shell)
        return code;
    cli->give_back = true;
    if (owns(binding) && grants_is_one(&binding->command->row, result))
        give_back(cli, binding, result);
    return code;
}
