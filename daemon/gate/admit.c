/* SPDX-License-Identifier: BSD-2-Clause */
/* Admission: checks a request's arguments, and whether there is room for what it asks. */
#include <inttypes.h>

#include "daemon/gate/commit.h"
#include "ops_numbers.h"
#include "wire.pb-c.h"
#include "wire/base/utf8.h"
#include "wire/value/value.h"

static void refuse_dear(const struct call *call, const char *name)
{
    call->gate->count.refused_work++;
    gate_refuse(call, ERR_LIMIT,
                "argument '%s' takes more work to check than one request may make (limits.work "
                "%" PRIu64 "): send fewer items at once, or smaller values",
                name, call->gate->options.limits.work);
}

static bool refuse_value(const struct call *call, const char *name, enum val_fault fault,
                         const struct val_check *check)
{
    switch (fault) {
    case VAL_TOO_DEEP:
        gate_refuse(call, ERR_VALUE, "argument '%s': containers nest deeper than %d", name,
                    VAL_DEPTH_STORED);
        break;
    case VAL_UNHASHABLE:
        gate_refuse(call, ERR_TYPE, "unhashable type: '%s'", val_type_name(check->unhashable));
        break;
    case VAL_DUPLICATE:
        gate_refuse(call, ERR_VALUE, "argument '%s': the same key twice", name);
        break;
    case VAL_TOO_DEAR:
        refuse_dear(call, name);
        break;
    case VAL_NOMEM:
        gate_refuse(call, ERR_NOMEM, "out of memory");
        break;
    default:
        gate_refuse(call, ERR_INVALID, "argument '%s' is not a value: %s", name, check->reason);
        break;
    }
    return false;
}

static bool is_given(const struct arg_row *arg, const ProtobufCMessage *in)
{
    const char *has = (const char *)in + arg->has;
    return arg->in_oneof ? *(const unsigned *)(const void *)has == arg->number
                         : *(const protobuf_c_boolean *)(const void *)has != 0;
}

static struct bytes argument(const struct arg_row *arg, const ProtobufCMessage *in)
{
    /* an argument outside a oneof is empty if not given */
    return !arg->in_oneof || is_given(arg, in) ? op_argument(arg, in) : (struct bytes){NULL, 0};
}

static bool refuse_missing(struct call *call, const struct arg_row *arg, const ProtobufCMessage *in)
{
    gate_refuse(call, ERR_TYPE,
                is_given(arg, in) ? "argument '%s' is empty" : "missing argument '%s'", arg->name);
    return false;
}

/* Checks a value of any kind; the work is charged to one budget for all values of the request. */
__attribute__((noinline)) static bool check_value(struct call *call, const char *name,
                                                  struct bytes given)
{
    uint64_t most = call->gate->options.limits.work - 1; /* 0, no limit, wraps around */
    struct val_budget work = {.left = most - call->command.work};
    struct val_check check;
    enum val_fault fault = val_check_within(given, VAL_DEPTH_STORED, &check, &work);
    call->command.work = most - work.left;
    call->command.has_refs |= check.has_ref;
    return fault == VAL_OK || refuse_value(call, name, fault, &check);
}

static bool check_argument(struct call *call, const struct arg_row *arg, const ProtobufCMessage *in)
{
    if (arg->kind != ARG_VALUE && arg->kind != ARG_STRING)
        return true;
    struct bytes given = argument(arg, in);
    /* an empty text that was given is not "not given": as a pattern it would match everything */
    if (given.len == 0)
        return (!arg->required && !(arg->kind == ARG_STRING && is_given(arg, in))) ||
               refuse_missing(call, arg, in);
    if (arg->kind == ARG_STRING) {
        if (utf8_check(given) == given.len)
            return true;
        gate_refuse(call, ERR_INVALID, "argument '%s' is not UTF-8", arg->name);
        return false;
    }
    return val_is_short_run(given) || check_value(call, arg->name, given);
}

bool gate_check_arguments(struct call *call)
{
    const ProtobufCMessage *in = op_message(call->request);
    for (unsigned i = 0; i < call->row->arg_count; i++)
        if (!check_argument(call, &call->row->args[i], in))
            return false;
    return true;
}

enum {
    SESSIONS_KEPT = 16,          /* sessions above the limit, reserved for the daemon's owner */
    MEMORY_KEPT_PART = 32,       /* fraction of limits.memory for requests that only wait, */
    MEMORY_KEPT_MOST = 16 << 20, /* ... but at most this much */
};

/* One user may have at most half of the limit, as with connections. Sessions outlive
 * connections, so the limit for connections does not bound them. */
static bool admit_new_session(struct call *call, const struct usage *usage)
{
    uint64_t limit = call->gate->options.limits.sessions;
    uint64_t kept = call->peer->owner ? SESSIONS_KEPT : 0;
    uid_t uid;
    if (limit == 0)
        return true;
    if (usage->sessions >= limit + kept) {
        gate_refuse(call, ERR_LIMIT, "the daemon has %" PRIu64 " sessions (limits.sessions)",
                    usage->sessions);
        return false;
    }
    if (call->peer->owner || !user_of_address(bytes_text(call->peer->address), &uid))
        return true;
    const struct user *user = user_find(&call->gate->owners, uid);
    if (user == NULL || user->count < (limit + 1) / 2)
        return true;
    gate_refuse(call, ERR_LIMIT, "this user has %zu sessions, half of limits.sessions",
                user->count);
    return false;
}

static bool admit_session(struct call *call, const struct usage *usage)
{
    const struct limits *limits = &call->gate->options.limits;
    if (call->peer->session == 0)
        return admit_new_session(call, usage);
    uint64_t retained = limits->window_bytes == 0
                            ? 0
                            : engine_session_retained(call->gate->engine, call->peer->session);
    if (retained <= limits->window_bytes)
        return true;
    gate_refuse(call, ERR_LIMIT,
                "%" PRIu64 " bytes of replies of this session wait to be acknowledged", retained);
    return false;
}

/* Requests that do not grow the state need little memory, and others may depend on them: a lock
 * is acquired in order to delete something. So growing requests leave a reserve for them. */
static uint64_t memory_for(const struct call *call)
{
    uint64_t limit = call->gate->options.limits.memory_bytes, kept = limit / MEMORY_KEPT_PART;
    bool grows = (call->row->flags & OP_GROWS) != 0;
    return !grows ? limit : limit - (kept < MEMORY_KEPT_MOST ? kept : MEMORY_KEPT_MOST);
}

static bool admit_memory(struct call *call, const struct usage *usage)
{
    const struct limits *limits = &call->gate->options.limits;
    if (call->row->number == OP_object_create && limits->objects != 0 &&
        usage->objects >= limits->objects) {
        gate_refuse(call, ERR_LIMIT, "the daemon has %" PRIu64 " objects (limits.objects)",
                    usage->objects);
        return false;
    }
    if (limits->memory_bytes == 0)
        return true;
    size_t growth = call->bytes * 2 + engine_growth(call->gate->engine, &call->command);
    uint64_t most = memory_for(call);
    if (usage->bytes < most && growth <= most - usage->bytes)
        return true;
    gate_refuse(call, ERR_LIMIT,
                "memory: %" PRIu64 " of %" PRIu64
                " bytes are in use (limits.memory), the request may "
                "need %zu more",
                usage->bytes, most, growth);
    return false;
}

/* On a disk with little room (LOW) refuses what grows the state; on a full one refuses every
 * change. */
static bool admit_disk(struct call *call, bool grows)
{
    enum journal_room room = call->gate->marks->room;
    if (room == JOURNAL_FULL || (room == JOURNAL_LOW && grows)) {
        gate_refuse(call, ERR_NOSPACE, "the disk of the journal is full; %s",
                    room == JOURNAL_LOW ? "only operations that free memory are accepted"
                                        : "nothing can be changed");
        return false;
    }
    if (commit_reserve(call->gate, call->bytes))
        return true;
    gate_refuse(call, ERR_NOMEM, "out of memory for the journal");
    return false;
}

bool gate_admit(struct call *call)
{
    struct usage usage;
    engine_usage(call->gate->engine, &usage);
    if (!admit_session(call, &usage))
        return false;
    bool waits = (call->row->flags & OP_WAITS) != 0 && call->request->wait_ms != 0;
    bool grows = (call->row->flags & OP_GROWS) != 0 || waits;
    return admit_disk(call, grows) && (!grows || admit_memory(call, &usage));
}
