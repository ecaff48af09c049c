/* SPDX-License-Identifier: BSD-2-Clause */
/* Token hash -> session alive, or the fact that it has ended: the last ones of those, in a ring.
 *
 * A client whose connection was lost comes back with its token and asks what became of its session,
 * for it has requests that nobody answered. Alive: it sends them again, and each is done once.
 * Ended: whether they were done is not known. Neither: then the session never was part of the state
 * or was forgotten, and only in the first case nothing of it was done. So absence alone proves
 * nothing; the engine tells with it the revision at which the last of those that it has forgotten
 * ended. The client holds the last revision that it saw of its session, in a reply or in the
 * welcome that began it. Was that the revision of the forgotten end or a later one, then its
 * session is not among the forgotten: each of them ended at that revision or before, and a session
 * shows nothing after its end. Then it never was state, and all that it asked for may be asked for
 * as new.
 *
 * Sessions end in the order of their revisions and are forgotten in the order of their ends, so one
 * number says it for all. A client that says Bye does not come back: its session takes no place,
 * and so those who only come and go make nobody forgotten. */
#include <assert.h>

#include "daemon/engine/state.h"

enum { TOKENS_LEAST = 64 };

struct ended {
    uint8_t token_hash[32];
    uint64_t revision; /* of its end */
};

/* A place of the hash table: a session, or one that has ended. */
struct place {
    struct session *alive;
    uint32_t ended; /* place in the ring + 1; 0 with alive NULL: empty */
};

struct resume_tokens {
    const struct idhash *hash; /* the engine's: clients choose their tokens */
    struct place *places;
    size_t place_count; /* a power of two */
    size_t used;
    struct ended *ring; /* grows up to ring_max, then the oldest is forgotten */
    uint32_t ring_cap;
    uint32_t ring_count;
    uint32_t ring_next; /* where the next one goes */
    uint64_t forgotten; /* revision at which the last of the forgotten ended; 0: none is */
    uint64_t alive;
};

static uint32_t ring_max(const struct engine *engine)
{
    uint32_t wanted = engine->options.ended_ring;
    return wanted == 0 ? ENDED_RING : wanted;
}

static const uint8_t *place_hash(const struct resume_tokens *resume_tokens,
                                 const struct place *place)
{
    return place->alive != NULL ? place->alive->token_hash
                                : resume_tokens->ring[place->ended - 1].token_hash;
}

static bool place_empty(const struct place *place)
{
    return place->alive == NULL && place->ended == 0;
}

static size_t home(const struct resume_tokens *resume_tokens, const uint8_t hash[32])
{
    uint64_t first;
    memcpy(&first, hash, sizeof first);
    return (size_t)idhash_of(resume_tokens->hash, first) & (resume_tokens->place_count - 1);
}

/* Its place, or the empty one where it would be. */
static struct place *place_find(const struct resume_tokens *resume_tokens, const uint8_t hash[32])
{
    size_t at = home(resume_tokens, hash);
    while (!place_empty(&resume_tokens->places[at]) &&
           memcmp(place_hash(resume_tokens, &resume_tokens->places[at]), hash, 32) != 0)
        at = (at + 1) & (resume_tokens->place_count - 1);
    return &resume_tokens->places[at];
}

/* Empties a place and moves back what was pushed beyond it. */
static void place_clear(struct resume_tokens *resume_tokens, struct place *place)
{
    size_t mask = resume_tokens->place_count - 1;
    size_t hole = (size_t)(place - resume_tokens->places);
    resume_tokens->used--;
    for (size_t at = (hole + 1) & mask; !place_empty(&resume_tokens->places[at]);
         at = (at + 1) & mask) {
        size_t wanted = home(resume_tokens, place_hash(resume_tokens, &resume_tokens->places[at]));
        if (((at - wanted) & mask) >= ((at - hole) & mask)) {
            resume_tokens->places[hole] = resume_tokens->places[at];
            hole = at;
        }
    }
    resume_tokens->places[hole] = (struct place){0};
}

static bool places_grow(struct engine *engine, struct resume_tokens *resume_tokens)
{
    struct resume_tokens old = *resume_tokens;
    size_t count = old.place_count == 0 ? TOKENS_LEAST : old.place_count * 2;
    struct place *places = mem_zalloc(&engine->mem, count * sizeof places[0]);
    if (places == NULL)
        return false;
    resume_tokens->places = places;
    resume_tokens->place_count = count;
    for (size_t i = 0; i < old.place_count; i++)
        if (!place_empty(&old.places[i]))
            *place_find(resume_tokens, place_hash(&old, &old.places[i])) = old.places[i];
    mem_free(&engine->mem, old.places, old.place_count * sizeof old.places[0]);
    return true;
}

/* Room in the ring for all that live to end. */
static bool ring_grow(struct engine *engine, struct resume_tokens *resume_tokens)
{
    uint64_t need = resume_tokens->alive + 1 + resume_tokens->ring_count;
    uint32_t most = ring_max(engine);
    uint32_t cap = resume_tokens->ring_cap == 0 ? TOKENS_LEAST : resume_tokens->ring_cap;
    while (cap < need && cap < most)
        cap *= 2;
    cap = cap < most ? cap : most;
    if (cap == resume_tokens->ring_cap)
        return true;
    struct ended *ring = mem_resize(&engine->mem, resume_tokens->ring,
                                    resume_tokens->ring_cap * sizeof ring[0], cap * sizeof ring[0]);
    if (ring == NULL)
        return false;
    resume_tokens->ring = ring;
    resume_tokens->ring_cap = cap;
    return true;
}

bool resume_tokens_reserve(struct engine *engine)
{
    struct resume_tokens *resume_tokens = engine->resume_tokens;
    if (resume_tokens == NULL) {
        resume_tokens = mem_zalloc(&engine->mem, sizeof *resume_tokens);
        if (resume_tokens == NULL)
            return false;
        resume_tokens->hash = &engine->idhash;
        engine->resume_tokens = resume_tokens;
    }
    /* at most half full: an ended session keeps its place */
    if ((resume_tokens->used + 1) * 2 > resume_tokens->place_count &&
        !places_grow(engine, resume_tokens))
        return false;
    return ring_grow(engine, resume_tokens);
}

void resume_tokens_add(struct engine *engine, struct session *session)
{
    struct resume_tokens *resume_tokens = engine->resume_tokens;
    struct place *place = place_find(resume_tokens, session->token_hash);
    assert(place_empty(place));
    *place = (struct place){.alive = session};
    resume_tokens->used++;
    resume_tokens->alive++;
}

void resume_tokens_drop(struct engine *engine, struct session *session)
{
    struct resume_tokens *resume_tokens = engine->resume_tokens;
    resume_tokens->alive--;
    place_clear(resume_tokens, place_find(resume_tokens, session->token_hash));
}

/* Puts a hash, which has its place, into the ring; the oldest one goes when it is full. */
static void ring_put(struct engine *engine, const uint8_t hash[32], uint64_t revision)
{
    struct resume_tokens *resume_tokens = engine->resume_tokens;
    struct ended *ended = &resume_tokens->ring[resume_tokens->ring_next];
    assert(resume_tokens->ring_next < resume_tokens->ring_cap);
    if (resume_tokens->ring_count == ring_max(engine)) {
        assert(ended->revision >= resume_tokens->forgotten);
        resume_tokens->forgotten = ended->revision;
        place_clear(resume_tokens, place_find(resume_tokens, ended->token_hash));
        resume_tokens->ring_count--;
    }
    memcpy(ended->token_hash, hash, sizeof ended->token_hash);
    ended->revision = revision;
    *place_find(resume_tokens, hash) = (struct place){.ended = resume_tokens->ring_next + 1};
    resume_tokens->ring_count++;
    resume_tokens->ring_next = (resume_tokens->ring_next + 1) % ring_max(engine);
}

void resume_tokens_end(struct engine *engine, struct session *session)
{
    engine->resume_tokens->alive--;
    ring_put(engine, session->token_hash, engine->revision);
}

uint64_t engine_forgotten(const struct engine *engine)
{
    return engine->resume_tokens == NULL ? 0 : engine->resume_tokens->forgotten;
}

enum session_fate engine_session_find(const struct engine *engine, const uint8_t token_hash[32],
                                      uint64_t *session)
{
    if (engine->resume_tokens == NULL || engine->resume_tokens->places == NULL)
        return SESSION_UNKNOWN;
    const struct place *place = place_find(engine->resume_tokens, token_hash);
    if (place_empty(place))
        return SESSION_UNKNOWN;
    if (place->alive == NULL || place->alive->ending != 0)
        return SESSION_ENDED;
    *session = place->alive->id;
    return SESSION_ALIVE;
}

void resume_tokens_save(const struct engine *engine, struct writer *out)
{
    const struct resume_tokens *resume_tokens = engine->resume_tokens;
    uint32_t count = resume_tokens == NULL ? 0 : resume_tokens->ring_count;
    uint32_t max = ring_max(engine);
    writer_u64(out, engine_forgotten(engine));
    writer_u64(out, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct ended *ended =
            &resume_tokens->ring[(resume_tokens->ring_next + max - count + i) % max];
        writer_raw(out, ended->token_hash, sizeof ended->token_hash);
        writer_u64(out, ended->revision);
    }
}

/* As resume_tokens_end, for one that ended before, at *last or later. The sessions that live are
 * not there yet. */
static bool ended_load(struct engine *engine, struct reader *in, uint64_t *last)
{
    struct bytes hash = reader_raw(in, 32);
    uint64_t revision = reader_u64(in);
    if (!reader_ok(in) || revision < *last || revision > engine->revision)
        return reader_fail(in);
    if (!resume_tokens_reserve(engine))
        return reader_nomem(in);
    if (!place_empty(place_find(engine->resume_tokens, hash.data)))
        return reader_fail(in);
    ring_put(engine, hash.data, revision);
    engine->resume_tokens->used++;
    *last = revision;
    return true;
}

bool resume_tokens_load(struct engine *engine, struct reader *in)
{
    uint64_t last = reader_u64(in);
    if (last > 0 && !resume_tokens_reserve(engine))
        return reader_nomem(in);
    if (last > 0)
        engine->resume_tokens->forgotten = last;
    for (uint64_t left = reader_u64_max(in, ring_max(engine)); left > 0; left--)
        if (!ended_load(engine, in, &last))
            return false;
    return last <= engine->revision ? reader_ok(in) : reader_fail(in);
}

void resume_tokens_free(struct engine *engine)
{
    struct resume_tokens *resume_tokens = engine->resume_tokens;
    if (resume_tokens != NULL) {
        mem_free(&engine->mem, resume_tokens->places,
                 resume_tokens->place_count * sizeof resume_tokens->places[0]);
        mem_free(&engine->mem, resume_tokens->ring,
                 resume_tokens->ring_cap * sizeof resume_tokens->ring[0]);
        mem_free(&engine->mem, resume_tokens, sizeof *resume_tokens);
    }
    engine->resume_tokens = NULL;
}
