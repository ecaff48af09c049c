/* SPDX-License-Identifier: BSD-2-Clause */
/* A journal under test. */
#include "tests/support/journal_kit.h"

#include <poll.h>
#include <stdlib.h>
#include <time.h>

#include "daemon/engine/state.h"
#include "daemon/journal/directory.h"
#include "daemon/objects/handlers.h"
#include "tests/support/life.h"
#include "tests/support/must.h"
#include "wire.pb-c.h"

const char *kit_text(struct buf *buf)
{
    buf_put_u8(buf, 0);
    must(!buf->failed);
    buf->len--;
    return (const char *)buf->data;
}

/* ---- what was committed ---- */

void points_add(struct points *points, const struct engine *engine)
{
    if (points->count == points->cap) {
        points->cap = points->cap * 2 + 64;
        points->list = realloc(points->list, points->cap * sizeof points->list[0]);
        must(points->list != NULL);
    }
    struct point *point = &points->list[points->count++];
    point->revision = engine_revision(engine);
    engine_digest(engine, point->digest);
}

const struct point *points_find(const struct points *points, uint64_t revision)
{
    for (size_t i = points->count; i-- > 0;)
        if (points->list[i].revision == revision)
            return &points->list[i];
    return NULL;
}

void points_free(struct points *points)
{
    free(points->list);
    *points = (struct points){0};
}

/* ---- a daemon without a network ---- */

static void put(void *arg, const struct command *command, const struct applied *applied)
{
    struct host *host = arg;
    struct buf request;
    buf_init(&request);
    if (command->request != NULL) {
        size_t len = protobuf_c_message_get_packed_size(&command->request->base);
        uint8_t *at = buf_reserve(&request, len + 1);
        must(at != NULL);
        protobuf_c_message_pack(&command->request->base, at);
        request.len = len;
    }
    must(journal_reserve(host->journal, request.len));
    journal_put(host->journal, command, buf_bytes(&request), applied);
    buf_free(&request);
}

/* Clients that no life before had. */
static void new_clients(struct world *w, uint64_t incarnation)
{
    w->tokens_made = incarnation << 32;
    for (unsigned i = 0; i < WORLD_CLIENTS; i++) {
        uint64_t words[4] = {incarnation, i, incarnation * 77, i * 1001 + 5};
        memcpy(w->clients[i].token_hash, words, sizeof words);
    }
}

static void begin_world(struct host *host, const struct handlers *handlers, struct engine *engine)
{
    uint64_t incarnation = engine_incarnation(engine) + 1, now = engine_now(engine) + 1;
    host->w = (struct world){
        .engine = engine,
        .handlers = handlers,
        .now_ms = now > 1000 ? now : 1000,
        .window = WORLD_WINDOW,
        .journal = put,
        .journal_arg = host,
    };
    new_clients(&host->w, incarnation);
    world_apply(&host->w, &(struct command){.kind = COMMAND_BOOT,
                                            .revision_floor = incarnation * 1000,
                                            .incarnation = incarnation,
                                            .version = engine_newest_version(engine)});
    must(host->w.applied.outcome == OUTCOME_EFFECT);
    world_apply(&host->w, &(struct command){.kind = COMMAND_VERSION,
                                            .version = engine_newest_version(engine)});
}

void host_start(struct host *host, const struct host_options *options)
{
    must(host_try(host, options));
}

bool host_try(struct host *host, const struct host_options *options)
{
    const struct handlers *handlers =
        options->handlers != NULL ? options->handlers : objects_handlers();
    struct engine *engine = world_engine(handlers, 7);
    struct recovery recovery;
    struct buf why;
    *host = (struct host){
        .io = options->io, .dir = options->dir, .seed = options->seed, .points = options->points};
    buf_init(&why);
    if (!recovery_run(options->dir, UINT64_MAX, engine, &recovery, &why))
        ck_abort_msg("%s", kit_text(&why));
    (void)directory_tidy(options->io, options->dir, recovery.position.snapshot, false);
    if (recovery.position.data_id == 0)
        recovery.position.data_id = 4711;
    if (host->points != NULL)
        points_add(host->points, engine);
    host->journal = journal_new(&(struct journal_options){
        .io = options->io,
        .dir = options->dir,
        .position = recovery.position,
        .revision = recovery.revision,
        .segment_bytes = options->segment_bytes,
        .interval_ms = options->interval_ms,
    });
    recovery_free(&recovery);
    buf_free(&why);
    if (host->journal != NULL)
        begin_world(host, handlers, engine);
    else
        engine_free(engine);
    return host->journal != NULL;
}

void host_live(struct host *host, unsigned steps)
{
    for (unsigned i = 0; i < steps; i++)
        life_step(&host->w, &host->seed);
}

/* Between two looks at what another thread is doing; false: it does not come. */
static bool look_again(unsigned looks)
{
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    return looks < 20000;
}

/* A call that failed once left no room, but the next one finds it. */
static void flush(struct host *host)
{
    for (unsigned looks = 0; !journal_flush(host->journal); looks++)
        must(look_again(looks));
}

uint64_t host_flush(struct host *host)
{
    if (host->points != NULL)
        points_add(host->points, host->w.engine);
    flush(host);
    must(journal_marks(host->journal)->durable == engine_revision(host->w.engine));
    return journal_marks(host->journal)->durable;
}

uint64_t host_seal(struct host *host)
{
    struct pollfd news = {.fd = journal_fd(host->journal), .events = POLLIN};
    uint64_t sealed;
    for (unsigned looks = 0; !journal_seal(host->journal); looks++)
        must(look_again(looks)); /* the next segment is still being made */
    flush(host);                 /* the segment ends behind what gathered */
    while ((sealed = journal_sealed(host->journal)) == 0) {
        must(poll(&news, 1, 10000) == 1);
        (void)journal_collect(host->journal);
    }
    return sealed;
}

void host_compact(struct host *host)
{
    struct buf why;
    uint64_t before = host_seal(host);
    buf_init(&why);
    if (maintenance_compact(host->io, host->dir, before, host->w.handlers, &why) != 0)
        ck_abort_msg("%s", kit_text(&why));
    buf_free(&why);
}

void host_drop(struct host *host)
{
    journal_free(host->journal);
    world_free(&host->w);
}

void host_stop(struct host *host)
{
    uint8_t digest[32];
    engine_digest(host->w.engine, digest);
    journal_put_stop(host->journal, digest);
    host_flush(host);
    host_drop(host);
}

/* ---- what comes back ---- */

void revive(int dir, struct revived *revived)
{
    revive_as(dir, objects_handlers(), revived);
}

void revive_as(int dir, const struct handlers *handlers, struct revived *revived)
{
    struct engine *engine = world_engine(handlers, 0x55);
    *revived = (struct revived){.ok = false};
    buf_init(&revived->why);
    revived->ok = recovery_run(dir, UINT64_MAX, engine, &revived->recovery, &revived->why);
    if (revived->ok) {
        must(revived->recovery.revision == engine_revision(engine));
        engine_digest(engine, revived->digest);
    }
    engine_free(engine);
}

void revived_free(struct revived *revived)
{
    recovery_free(&revived->recovery);
    buf_free(&revived->why);
}

const char *revived_why(struct revived *revived)
{
    return kit_text(&revived->why);
}

const char *revived_warning(struct revived *revived)
{
    return kit_text(&revived->recovery.warning);
}

void kit_must_be(int dir, const struct point *point)
{
    struct revived back;
    revive(dir, &back);
    ck_assert_msg(back.ok, "%s", revived_why(&back));
    ck_assert_msg(back.recovery.warning.len == 0, "%s", revived_warning(&back));
    ck_assert_uint_eq(back.recovery.revision, point->revision);
    ck_assert_mem_eq(back.digest, point->digest, sizeof back.digest);
    revived_free(&back);
}
