/* SPDX-License-Identifier: BSD-2-Clause */
/* Sessions: opened by their first command, found by id, ended for good. */
#include "daemon/engine/session.h"

#include <assert.h>

#include "daemon/engine/state.h"
#include "wire.pb-c.h"

bool session_copy(struct engine *engine, struct bytes *own, struct bytes run)
{
    if (run.len == 0)
        return true;
    uint8_t *copy = mem_alloc(&engine->mem, run.len);
    if (copy == NULL)
        return false;
    memcpy(copy, run.data, run.len);
    *own = bytes_of(copy, run.len);
    return true;
}

static void run_free(struct engine *engine, struct bytes own)
{
    mem_free(&engine->mem, (void *)(uintptr_t)own.data, own.len);
}

void session_free(struct engine *engine, struct session *session)
{
    slots_free(engine, session);
    run_free(engine, session->client);
    run_free(engine, session->principal);
    run_free(engine, session->address);
    mem_free(&engine->mem, session, sizeof *session);
}

void session_enter(struct engine *engine, struct session *session)
{
    idmap_put(&engine->sessions_by_id, session->id, session);
    resume_tokens_add(engine, session);
    session->prev = engine->sessions_last;
    *(engine->sessions_last == NULL ? &engine->sessions : &engine->sessions_last->next) = session;
    engine->sessions_last = session;
    engine->session_count++;
}

static void session_unlink(struct engine *engine, struct session *session)
{
    assert(session->waiters == NULL && session->grants == NULL && session->holds == NULL);
    idmap_del(&engine->sessions_by_id, session->id);
    if (engine->recent->session == session)
        engine->recent->session = NULL;
    *(session->prev == NULL ? &engine->sessions : &session->prev->next) = session->next;
    *(session->next == NULL ? &engine->sessions_last : &session->next->prev) = session->prev;
    engine->session_count--;
}

struct session *session_new(struct engine *engine, uint64_t id, const struct session_open *open,
                            uint64_t now_ms)
{
    struct session *session = mem_zalloc(&engine->mem, sizeof *session);
    if (session == NULL)
        return NULL;
    session->id = id;
    memcpy(session->token_hash, open->token_hash, sizeof session->token_hash);
    session->opened_ms = now_ms;
    session->lease_ms = open->lease_ms;
    session->linger_ms = open->linger_ms;
    session->window = open->window;
    assert(open->window != 0 && (open->window & (open->window - 1)) == 0);
    if (!session_copy(engine, &session->client, open->client) ||
        !session_copy(engine, &session->principal, open->principal) ||
        !session_copy(engine, &session->address, open->address) || !resume_tokens_reserve(engine) ||
        !idmap_reserve(&engine->sessions_by_id, &engine->mem)) {
        session_free(engine, session);
        return NULL;
    }
    session_enter(engine, session);
    return session;
}

struct session *session_find(const struct engine *engine, uint64_t id)
{
    struct session *recent = engine->recent->session;
    if (id == 0)
        return NULL;
    if (recent != NULL && recent->id == id)
        return recent;
    recent = idmap_get(&engine->sessions_by_id, id);
    engine->recent->session = recent;
    return recent;
}

void session_end(struct engine *engine, struct session *session, bool remember)
{
    assert(!session->away);
    session_unlink(engine, session);
    if (remember)
        resume_tokens_end(engine, session);
    else
        resume_tokens_drop(engine, session);
    session_free(engine, session);
}

void session_undo(struct engine *engine, struct session *session)
{
    session_unlink(engine, session);
    resume_tokens_drop(engine, session);
    session_free(engine, session);
}

void sessions_free(struct engine *engine)
{
    while (engine->sessions != NULL)
        session_undo(engine, engine->sessions);
}

bool engine_wants_ack(const struct engine *engine, uint64_t session, const Wire__Request *request,
                      struct command *ack)
{
    const struct session *found = session_find(engine, session);
    if (found == NULL || found->unacked == NULL || request->id == 0)
        return false;
    const struct slot *slot = session_slot_peek(found, request->id);
    bool reused = slot != NULL && slot->unacked != NULL && slot->id < request->id;
    uint64_t acked = request->acked < request->id ? request->acked : request->id - 1;
    if (!reused && acked <= found->acked)
        return false;
    *ack = (struct command){
        .kind = COMMAND_ACK,
        .now_ms = engine->now_ms,
        .session = session,
        .id = acked,
        .slot_id = reused ? slot->id : 0,
    };
    return true;
}

bool engine_session_view(const struct engine *engine, uint64_t session, struct session_view *view)
{
    const struct session *found = session_find(engine, session);
    if (found == NULL || found->ending != 0)
        return false;
    *view = (struct session_view){
        .id = found->id,
        .opened_ms = found->opened_ms,
        .lease_ms = found->lease_ms,
        .linger_ms = found->linger_ms,
        .retained_bytes = found->retained_bytes,
        .waiters = found->waiter_count,
        .away = found->away,
        .grants = found->grant_count,
        .holds = found->hold_count,
        .window = found->window,
        .client = found->client,
        .principal = found->principal,
        .address = found->address,
    };
    return true;
}

uint64_t engine_session_retained(const struct engine *engine, uint64_t session)
{
    const struct session *found = session_find(engine, session);
    return found == NULL ? 0 : found->retained_bytes;
}

bool engine_session_next(const struct engine *engine, uint64_t *session)
{
    const struct session *at = session_find(engine, *session);
    const struct session *next = at != NULL ? at->next : engine->sessions;
    while (next != NULL && (next->id <= *session || next->ending != 0))
        next = next->next;
    if (next == NULL)
        return false;
    *session = next->id;
    return true;
}
