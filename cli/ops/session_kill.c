/* SPDX-License-Identifier: BSD-2-Clause */
/* session kill: the sessions that are named, or all that a listing shows to be meant. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/base/cli.h"
#include "cli/base/report.h"
#include "cli/syntax/arguments.h"
#include "cli/syntax/run.h"

enum { KILL_SESSION, KILL_AWAY, KILL_NAMED, KILL_UID };

struct killing {
    struct cli *cli;
    bool away;          /* only those without a connection */
    const char *client; /* only those of this name; NULL: of any */
    char uid[32];       /* only those whose address ends so; "": of any user */
    size_t ended;
    int code; /* of the first that failed */
};

static void fail_with(struct killing *killing, int code)
{
    killing->code = killing->code == 0 ? code : killing->code;
}

static enum mgr_status kill_one(struct killing *killing, struct mgr_arg session)
{
    const struct mgr_named args[] = {{"session", session}};
    cli_since(killing->cli);
    enum mgr_status status = cli_call(killing->cli, "session kill", args, 1, NULL);
    killing->ended += status == MGR_OK;
    return status;
}

/* ---- those that are named ---- */

static int read_session(struct killing *killing, const struct binding *binding, const char *word,
                        struct mgr_arg *out)
{
    struct binding one = *binding;
    struct arguments arguments;
    one.words[KILL_SESSION] = word;
    one.rest_arg = -1;
    int code = arguments_read(killing->cli, &one, &arguments);
    if (code != 0)
        return code;
    *out = arguments_find(&arguments, "session")->value;
    arguments_free(&arguments);
    return 0;
}

/* Nothing ends when a word is no number. */
static void kill_named(struct killing *killing, const struct binding *binding)
{
    struct mgr_arg session;
    for (size_t i = 0; i < binding->rest_count && killing->code == 0; i++)
        killing->code = read_session(killing, binding, binding->rest[i], &session);
    if (killing->code != 0)
        return;
    for (size_t i = 0; i < binding->rest_count && !cli_interrupted(); i++) {
        if (read_session(killing, binding, binding->rest[i], &session) != 0)
            continue; /* it was read before */
        enum mgr_status status = kill_one(killing, session);
        if (status != MGR_OK)
            fail_with(killing, report_call(killing->cli, status));
    }
}

/* ---- those that are meant ---- */

static bool has_text(struct mgr_view row, const char *field, const char *wanted, bool at_end)
{
    struct mgr_view view;
    const char *text;
    size_t len, wanted_len = strlen(wanted);
    if (!mgr_field(row, field, &view) || !mgr_as_str(view, &text, &len) || len < wanted_len)
        return false;
    return (at_end || len == wanted_len) &&
           memcmp(text + len - wanted_len, wanted, wanted_len) == 0;
}

static bool is_meant(const struct killing *killing, struct mgr_view row)
{
    struct mgr_view view;
    bool attached = true;
    if (!mgr_field(row, "attached", &view) || !mgr_as_bool(view, &attached))
        return false; /* the last row of a list that was cut */
    return !(killing->away && attached) &&
           (killing->client == NULL || has_text(row, "client", killing->client, false)) &&
           has_text(row, "address", killing->uid, true);
}

static void kill_row(struct killing *killing, struct mgr_view row)
{
    struct mgr_view view;
    const char *text;
    size_t len;
    if (!mgr_field(row, "session", &view) || !mgr_as_str(view, &text, &len))
        return;
    enum mgr_status status = kill_one(killing, mgr_int(strtoll(text, NULL, 10)));
    if (status != MGR_OK && status != MGR_NO_SUCH_SESSION) /* it ended meanwhile */
        fail_with(killing, report_call(killing->cli, status));
}

/* One listing, which may be a part of all. */
static void kill_listed(struct killing *killing)
{
    struct mgr_value *list = NULL;
    struct mgr_view row;
    enum mgr_status status = cli_call(killing->cli, "session ls", NULL, 0, &list);
    if (status != MGR_OK) {
        fail_with(killing, report_call(killing->cli, status));
        return;
    }
    struct mgr_iter it = mgr_iter(mgr_view(list));
    while (killing->code == 0 && !cli_interrupted() && mgr_next(&it, &row))
        if (is_meant(killing, row))
            kill_row(killing, row);
    mgr_value_free(list);
}

static void kill_meant(struct killing *killing)
{
    size_t before;
    do {
        before = killing->ended;
        kill_listed(killing);
    } while (killing->code == 0 && killing->ended > before && !cli_interrupted());
    if (killing->code == 0 && !killing->cli->options.quiet)
        report_note(killing->cli, "ended %zu session%s", killing->ended,
                    killing->ended == 1 ? "" : "s");
}

/* The address of a connection by a unix socket ends with the user's number. */
static int take_uid(struct killing *killing, const struct binding *binding)
{
    struct arguments arguments;
    if (binding->words[KILL_UID] == NULL)
        return 0;
    int code = arguments_read(killing->cli, binding, &arguments);
    if (code != 0)
        return code;
    int64_t uid = arguments_find(&arguments, "uid")->value.integer;
    snprintf(killing->uid, sizeof killing->uid, ",uid=%" PRId64, uid);
    arguments_free(&arguments);
    if (uid <= UINT32_MAX)
        return 0;
    return report(killing->cli, MGR_VALUE, "--uid %" PRId64 ": no user has such a number", uid);
}

int run_session_kill(struct cli *cli, const struct binding *binding)
{
    struct killing killing = {.cli = cli,
                              .away = binding->words[KILL_AWAY] != NULL,
                              .client = binding->words[KILL_NAMED]};
    bool meant = killing.away || killing.client != NULL || binding->words[KILL_UID] != NULL;
    if (meant == (binding->rest_count > 0))
        return report(cli, MGR_USAGE,
                      meant ? "either SESSION... or --away, --named, --uid"
                            : "SESSION is missing, or one of --away, --named, --uid");
    int code = take_uid(&killing, binding);
    if (code == 0)
        code = cli_connect(cli);
    if (code != 0)
        return code;
    if (meant)
        kill_meant(&killing);
    else
        kill_named(&killing, binding);
    if (killing.code == 0 && cli_interrupted())
        return report(cli, MGR_INTERRUPTED, "ended %zu sessions", killing.ended);
    return killing.code;
}
