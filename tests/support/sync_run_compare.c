/* SPDX-License-Identifier: BSD-2-Clause */
/* What was seen against what the model says. */
#include <stdio.h>

#include "daemon/engine/registry.h"
#include "tests/support/sync_run.h"

void sync_wrong(struct sync_run *run, bool holds, const char *what)
{
    if (!holds && run->wrong == NULL)
        run->wrong = what;
}

/* ---- one reply ---- */

static bool value_is(const struct sync_says *says, struct bytes value)
{
    uint8_t room[32];
    struct buf out = {.data = room, .cap = sizeof room, .limit = sizeof room};
    switch (says->value) {
    case SAYS_NOTHING:
        break;
    case SAYS_BOOL:
        val_put_bool(&out, says->number != 0);
        break;
    case SAYS_INT:
        val_put_int(&out, says->number);
        break;
    case SAYS_ITEM:
        sync_value_put(&out, says->number);
    }
    return bytes_equal(value, buf_bytes(&out));
}

static void check_token(struct sync_run *run, const struct sync_says *says, const struct seen *seen)
{
    uint64_t token = seen->result.token;
    struct sync_grant *grant = says->grant < 0 ? NULL : &run->model.grants[says->grant];
    if (grant == NULL) {
        sync_wrong(run, token == 0, "a token without a grant");
    } else if (says->new_grant) {
        sync_wrong(run, token == seen->revision, "a token is not the revision of its step");
        sync_wrong(run, token > run->last_token, "tokens do not rise");
        run->last_token = token;
        grant->token = token;
    } else {
        sync_wrong(run, token == grant->token, "another token");
    }
}

static void check_grant(struct sync_run *run, const struct sync_says *says, const struct seen *seen)
{
    const struct result *result = &seen->result;
    unsigned type = sync_object_type(says->object);
    check_token(run, says, seen);
    if (type != TYPE_QUEUE && type != TYPE_PIPE)
        sync_wrong(run, result->depth == says->depth, "another depth, or number of permits");
    sync_wrong(run, result->previous_token == says->previous_token, "another previous_token");
    sync_wrong(run, result->attempts == says->attempts, "another number of attempts");
    sync_wrong(run, result->redelivered == says->redelivered, "redelivered, or not");
}

static void check_reply(struct sync_run *run, const struct sync_says *says, const struct seen *seen)
{
    const struct result *result = &seen->result;
    sync_wrong(run, result->kind == says->kind, "another kind of reply");
    if (run->wrong != NULL)
        return;
    if (says->kind == RESULT_ERROR) {
        sync_wrong(run, result->code == says->code, "another error");
        return;
    }
    if (says->kind == RESULT_GRANT)
        check_grant(run, says, seen);
    sync_wrong(run, says->kind != RESULT_DONE || result->lost == says->lost, "lost, or not");
    sync_wrong(run, says->kind == RESULT_DONE || value_is(says, result->value), "another value");
}

/* ---- all of a command ---- */

/* Those who hear of an end of it all hear in any order. */
static bool is_end(const struct sync_says *says)
{
    return says->kind == RESULT_ERROR &&
           (says->code == ERR_NO_SUCH_OBJECT || says->code == ERR_LOCK_LOST);
}

static struct sync_says *says_of(struct sync_run *run, const struct seen *seen)
{
    struct sync_model *m = &run->model;
    struct sync_says *found = NULL;
    for (unsigned i = 0; i < m->says_count && found == NULL; i++) {
        struct sync_says *says = &m->says[i];
        if (!says->matched && says->id == seen->id &&
            run->world.clients[says->who].session == seen->session)
            found = says;
    }
    sync_wrong(run, found != NULL, "a reply that nobody should get");
    for (unsigned i = 0; found != NULL && i < m->says_count && &m->says[i] != found; i++) {
        const struct sync_says *says = &m->says[i];
        sync_wrong(run,
                   says->matched || is_end(says) || says->object != found->object ||
                       says->line != found->line,
                   "somebody overtakes");
    }
    return found;
}

/* The steps of a command follow each other without a gap. */
static void check_revisions(struct sync_run *run)
{
    const struct world *w = &run->world;
    bool own = run->model.says_count > 0 && run->model.says[0].own;
    uint64_t next = w->applied.first + !own;
    if (w->applied.first == 0) {
        sync_wrong(run, w->seen_count == own, "replies to others without an effect");
        return;
    }
    for (size_t i = 0; i < w->seen_count; i++) {
        sync_wrong(run, w->seen[i].revision == next, "steps have gaps");
        next++;
    }
    sync_wrong(run, w->applied.last + 1 == next, "a step without a reply");
}

static void slot_note(struct sync_run *run, const struct sync_says *says, const struct seen *seen)
{
    struct sync_slot *slot = &run->slots[says->who][says->id % WORLD_WINDOW];
    if (says->own)
        return; /* it may have had no effect */
    sync_wrong(run, slot->parked && slot->id == seen->id, "a reply that nobody waits for");
    slot->parked = false;
    slot->lent = says->value == SAYS_ITEM && says->new_grant;
    slot->revision = seen->revision;
    slot->len = seen->own_len;
    must(seen->own_len <= sizeof slot->reply);
    memcpy(slot->reply, seen->own, seen->own_len);
}

void sync_run_compare(struct sync_run *run)
{
    const struct world *w = &run->world;
    sync_wrong(run, w->seen_count >= run->model.says_count, "somebody is not told");
    for (size_t i = 0; i < w->seen_count && run->wrong == NULL; i++) {
        struct sync_says *says = says_of(run, &w->seen[i]);
        if (says != NULL) {
            says->matched = true;
            check_reply(run, says, &w->seen[i]);
            slot_note(run, says, &w->seen[i]);
        }
    }
    check_revisions(run);
}

/* ---- whatever happened ---- */

static uint64_t count_waiters(const struct sync_model *m)
{
    uint64_t count = 0;
    for (unsigned i = 0; i < m->waiters_top; i++)
        count += m->waiters[i].used;
    return count;
}

static uint64_t count_grants(const struct sync_model *m)
{
    uint64_t count = 0;
    for (unsigned i = 0; i < m->grants_top; i++)
        count += m->grants[i].used;
    return count;
}

void sync_run_invariants(struct sync_run *run)
{
    struct usage usage = world_usage(&run->world);
    sync_wrong(run, usage.waiters == count_waiters(&run->model), "the number of waiters");
    sync_wrong(run, usage.grants == count_grants(&run->model), "the number of grants");
    for (unsigned i = 0; i < SYNC_OBJECTS; i++) {
        unsigned type = sync_object_type(i);
        const struct object *object =
            registry_find(run->world.engine, bytes_text(sync_object_name(i)));
        sync_wrong(run, (object != NULL) == run->model.objects[i].used, "an object comes or goes");
        if (object == NULL)
            continue;
        if (type == TYPE_LOCK || type == TYPE_RLOCK || type == TYPE_CONDITION)
            sync_wrong(run, object->grant_count <= 1, "two owners");
    }
}
