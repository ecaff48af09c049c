/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of options, and what each does. */
#include "cli/base/options.h"

#include <stdlib.h>

#include "wire/base/duration.h"

static const struct option_row rows[OPTION_COUNT] = {
    {OPTION_SERVER, 's', "server", "ADDRESS",
     "HOST:PORT, [V6]:PORT or unix:PATH (default 127.0.0.1:7600)"},
    {OPTION_TIMEOUT, 't', "timeout", "DURATION",
     "how long an operation may wait: 10s, 500ms, 2m, a bare number is seconds, 0 does not wait"
     " (default: for ever)"},
    {OPTION_TRY, 0, "try", NULL, "do not wait, as --timeout 0"},
    {OPTION_CONNECT_TIMEOUT, 0, "connect-timeout", "DURATION", "how long to connect (default 5s)"},
    {OPTION_OUTPUT, 'o', "output", "FORMAT", "text, json, yaml, python, raw or jsonl; waits: dot"},
    {OPTION_JSON, 'j', "json", NULL, "as -o json"},
    {OPTION_RAW, 'r', "raw", NULL, "as -o raw: content only, for scripts"},
    {OPTION_NULL, '0', "null", NULL,
     "end each item with a NUL byte instead of a line break; with - for ITEMS: read strings that "
     "end with one"},
    {OPTION_QUIET, 'q', "quiet", NULL,
     "print nothing about a false answer, a failed try or a timeout: the exit code tells"},
    {OPTION_STRINGS, 'S', "strings", NULL,
     "every VALUE is the string of its bytes, and no character is special: for untrusted input"},
    {OPTION_STRING_KEYS, 'K', "string-keys", NULL, "keys are strings, values stay literals"},
    {OPTION_STDIN, 'x', "stdin", NULL, "the last VALUE is the content of standard input"},
    {OPTION_CREATE, 0, "create", NULL, "create the object first if it is absent"},
    {OPTION_REQUIRE, 0, "require", "TOKEN", "refuse the operation unless this grant is alive"},
    {OPTION_NO_REQUIRE, 0, "no-require", NULL,
     "require no grant, whatever MGRCTL_REQUIRE says (lock run sets it)"},
    {OPTION_UNCHANGED_SINCE, 0, "unchanged-since", "REVISION",
     "refuse the operation (82) if its object has changed after this revision"},
    {OPTION_REVISION, 0, "revision", NULL,
     "print the revision of the answer before it, in a line of its own"},
    {OPTION_PICK, 0, "pick", "PATH", "print a part of the answer: db.port, hosts[0]"},
    {OPTION_CLIENT, 0, "client", "NAME",
     "the name of this client in lists and logs (default user@host:pid)"},
    {OPTION_LEASE, 0, "lease", "DURATION",
     "keep what the command acquires for this long after the command ends"},
    {OPTION_JSONL, 0, "jsonl", NULL,
     "with - for ITEMS: each line a JSON value (dict: an object or [key, value])"},
    {OPTION_LINES, 0, "lines", NULL, "with - for ITEMS: each line a string"},
    {OPTION_LITERAL, 0, "literal", NULL, "with - for ITEMS: all of standard input is one literal"},
    {OPTION_HELP, 'h', "help", NULL, "explain the command and do nothing"},
    {OPTION_VERSION, 0, "version", NULL, "print the version"},
};

static const char *const formats[] = {
    [FORMAT_TEXT] = "text",     [FORMAT_JSON] = "json", [FORMAT_YAML] = "yaml",
    [FORMAT_PYTHON] = "python", [FORMAT_RAW] = "raw",   [FORMAT_JSONL] = "jsonl",
    [FORMAT_DOT] = "dot",
};

const struct option_row *options_rows(void)
{
    return rows;
}

const struct option_row *options_by_name(const char *name, size_t len)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (strlen(rows[i].name) == len && memcmp(rows[i].name, name, len) == 0)
            return &rows[i];
    return NULL;
}

const struct option_row *options_by_letter(char letter)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (rows[i].letter != 0 && rows[i].letter == letter)
            return &rows[i];
    return NULL;
}

void options_variable(const struct option_row *row, struct buf *out)
{
    buf_put_text(out, "MGRCTL_");
    for (const char *c = row->name; *c != '\0'; c++)
        buf_put_u8(out, (uint8_t)(*c == '-' ? '_' : *c - 'a' + 'A'));
}

void options_init(struct options *options)
{
    *options = (struct options){.timeout_ms = MGR_FOREVER};
}

static enum mgr_status set_duration(int64_t *to, const char *value, struct buf *why)
{
    if (duration_read(value, to))
        return MGR_OK;
    if (*value == '-') {
        buf_printf(why, "'%s' is negative", value);
        return MGR_VALUE;
    }
    buf_printf(why, "'%s' is no duration (10s, 500ms, 2m, 1.5; a bare number is seconds)", value);
    return MGR_VALUE;
}

static enum mgr_status set_lease(struct options *options, const char *value, struct buf *why)
{
    int64_t lease_ms;
    enum mgr_status status = set_duration(&lease_ms, value, why);
    if (status != MGR_OK)
        return status;
    if (lease_ms < LEASE_LEAST_MS) {
        buf_put_text(why, "--lease must be at least 1s");
        return MGR_USAGE;
    }
    options->lease_ms = lease_ms;
    return MGR_OK;
}

static enum mgr_status set_format(struct options *options, const char *value, struct buf *why)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (strcmp(formats[i], value) == 0) {
            options->format = (enum output_format)i;
            return MGR_OK;
        }
    }
    buf_printf(why, "'%s' is no format: text, json, yaml, python, raw or jsonl", value);
    return MGR_USAGE;
}

static bool read_number(const char *value, uint64_t *number)
{
    *number = 0;
    for (const char *c = value; *c != '\0'; c++)
        if (*c < '0' || *c > '9' || __builtin_mul_overflow(*number, 10, number) ||
            __builtin_add_overflow(*number, (uint64_t)(*c - '0'), number))
            return false;
    return true;
}

static enum mgr_status set_token(struct options *options, const char *value, struct buf *why)
{
    uint64_t token;
    if (*value == '\0') {
        buf_put_text(why, "it is empty: no grant would be required (--no-require says that)");
        return MGR_USAGE;
    }
    if (!read_number(value, &token)) {
        buf_printf(why, "'%s' is no token", value);
        return MGR_VALUE;
    }
    if (token == 0) {
        buf_put_text(why, "0 is no token: no grant would be required (--no-require says that)");
        return MGR_USAGE;
    }
    options->require = token;
    options->require_inherited = false;
    return MGR_OK;
}

/* Nothing and 0, which a script has whose read failed, must not switch the check off. */
static enum mgr_status set_since(struct options *options, const char *value, struct buf *why)
{
    uint64_t revision;
    if (!read_number(value, &revision) || revision == 0) {
        buf_printf(why, "'%s' is no revision; --revision prints that of a read", value);
        return MGR_USAGE;
    }
    options->unchanged_since = revision;
    return MGR_OK;
}

static enum mgr_status set_text(const char **to, const char *value, struct buf *why)
{
    if (*value == '\0') {
        buf_put_text(why, "it is empty");
        return MGR_USAGE;
    }
    *to = value;
    return MGR_OK;
}

static void set_flag(struct options *options, enum option_id id)
{
    switch (id) {
    case OPTION_TRY:
        options->timeout_ms = 0;
        break;
    case OPTION_JSON:
        options->format = FORMAT_JSON;
        break;
    case OPTION_RAW:
        options->format = FORMAT_RAW;
        break;
    case OPTION_NULL:
        options->nul = true;
        break;
    case OPTION_QUIET:
        options->quiet = true;
        break;
    case OPTION_STRINGS:
        options->strings = true;
        break;
    case OPTION_STRING_KEYS:
        options->string_keys = true;
        break;
    case OPTION_STDIN:
        options->from_stdin = true;
        break;
    case OPTION_CREATE:
        options->create = true;
        break;
    case OPTION_NO_REQUIRE:
        options->require = 0;
        options->require_inherited = false;
        break;
    case OPTION_REVISION:
        options->revision = true;
        break;
    case OPTION_JSONL:
        options->load = LOAD_JSONL;
        break;
    case OPTION_LINES:
        options->load = LOAD_LINES;
        break;
    case OPTION_LITERAL:
        options->load = LOAD_LITERAL;
        break;
    case OPTION_HELP:
        options->help = true;
        break;
    default:
        options->version = true;
        break;
    }
}

enum mgr_status options_set(struct options *options, const struct option_row *row,
                            const char *value, struct buf *why)
{
    switch (row->id) {
    case OPTION_SERVER:
        return set_text(&options->server, value, why);
    case OPTION_TIMEOUT:
        return set_duration(&options->timeout_ms, value, why);
    case OPTION_CONNECT_TIMEOUT:
        return set_duration(&options->connect_timeout_ms, value, why);
    case OPTION_OUTPUT:
        return set_format(options, value, why);
    case OPTION_REQUIRE:
        return set_token(options, value, why);
    case OPTION_UNCHANGED_SINCE:
        return set_since(options, value, why);
    case OPTION_PICK:
        return set_text(&options->pick, value, why);
    case OPTION_CLIENT:
        return set_text(&options->client, value, why);
    case OPTION_LEASE:
        options->lease_given = true;
        return set_lease(options, value, why);
    default:
        set_flag(options, row->id);
        return MGR_OK;
    }
}

/* A flag in the environment is on, unless it says 0 or nothing. */
static bool is_on(const char *value)
{
    return strcmp(value, "0") != 0 && strcmp(value, "false") != 0 && strcmp(value, "no") != 0;
}

/* What is for one command alone: most others refuse a revision, and would all be refused. */
static bool is_of_line(enum option_id id)
{
    return id == OPTION_HELP || id == OPTION_VERSION || id == OPTION_REVISION ||
           id == OPTION_UNCHANGED_SINCE;
}

enum mgr_status options_from_environment(struct options *options, struct buf *why)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        struct buf name;
        const struct option_row *row = &rows[i];
        if (is_of_line(row->id))
            continue;
        buf_init(&name);
        options_variable(row, &name);
        buf_put_u8(&name, '\0');
        const char *value = name.failed ? NULL : getenv((const char *)name.data);
        enum mgr_status status = MGR_OK;
        bool given = value != NULL && (*value != '\0' || row->id == OPTION_REQUIRE);
        if (given && (row->value != NULL || is_on(value)))
            status = options_set(options, row, value, why);
        if (status != MGR_OK)
            buf_printf(why, " (%s)", (const char *)name.data);
        buf_free(&name);
        if (status != MGR_OK)
            return status;
    }
    options->require_inherited = options->require != 0;
    return MGR_OK;
}
