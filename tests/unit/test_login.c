/* SPDX-License-Identifier: BSD-2-Clause */
/* The real client library against the real gate and engine, which remembers few ended sessions: a
 * request is done once, or its caller is told that nobody knows. */
#include <check.h>
#undef fail
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/mgr.h"
#include "daemon/doors/proto/proto.h"
#include "daemon/gate/gate.h"
#include "daemon/gate/liveness.h"
#include "daemon/objects/handlers.h"
#include "tests/support/fakeserver.h"
#include "tests/support/must.h"

enum { RING = 4, LINGER_MS = 1000 };

/* How a connection is lost with a request on its way, and what happens before the client is back.
 */
struct loss {
    bool arrives;    /* the request is executed, and only its reply is lost */
    bool lasts;      /* the session lives on */
    unsigned before; /* other sessions that end before the client comes, */
    unsigned after;  /* and when it has gone */
    bool byes;       /* they say Bye */
    enum mgr_status status;
};

static const struct loss losses[] = {
    {.arrives = true, .lasts = true, .status = MGR_OK},
    {.arrives = true, .after = RING - 1, .status = MGR_UNKNOWN},
    {.arrives = true, .after = 2 * RING, .status = MGR_UNKNOWN},
    {.arrives = true, .after = 2 * RING, .before = 2 * RING, .status = MGR_UNKNOWN},
    {.arrives = true, .after = 2 * RING, .byes = true, .status = MGR_UNKNOWN},
    {.arrives = false, .status = MGR_OK},
    {.arrives = false, .before = 2 * RING, .status = MGR_OK},
    {.arrives = false, .after = 2 * RING, .status = MGR_UNKNOWN},
    {.arrives = false, .after = 2 * RING, .byes = true, .status = MGR_OK},
};

struct host {
    const struct loss *loss;
    struct engine *engine;
    struct liveness *liveness;
    struct gate *gate;
    struct log log;
    uint64_t now_ms;
    unsigned others;
};

static void on_output(struct peer *peer)
{
    (void)peer;
}

static void on_close(struct peer *peer)
{
    peer->state = PEER_CLOSING;
}

static const struct peer_ops peer_ops = {on_output, on_close, on_close, proto_reply};

static struct limits wide_limits(void)
{
    return (struct limits){.window = 256,
                           .frame_bytes = 1 << 20,
                           .output_bytes = 1 << 20,
                           .linger_max_ms = LINGER_MS,
                           .lease_max_ms = LINGER_MS};
}

static void host_init(struct host *host, const struct loss *loss)
{
    struct engine_options how = {
        .hash_key = "the login tests", .limits = wide_limits(), .ended_ring = RING};
    *host = (struct host){.loss = loss, .now_ms = 1};
    host->engine = engine_new(objects_handlers(), &how);
    host->liveness = liveness_new(how.hash_key);
    must(host->engine != NULL && host->liveness != NULL);
    log_init(&host->log, open("/dev/null", O_WRONLY | O_CLOEXEC));
    host->gate = gate_new(&(struct gate_options){.engine = host->engine,
                                                 .liveness = host->liveness,
                                                 .log = &host->log,
                                                 .limits = wide_limits(),
                                                 .state_id = "login",
                                                 .durability = "memory"});
    must(host->gate != NULL);
    gate_boot(host->gate, &(struct command){.kind = COMMAND_BOOT,
                                            .now_ms = 1,
                                            .revision_floor = 1000,
                                            .incarnation = 1,
                                            .version = ENGINE_VERSION});
}

static void host_free(struct host *host)
{
    gate_free(host->gate);
    liveness_free(host->liveness);
    engine_free(host->engine);
    close(host->log.fd);
}

/* Sessions of others: each makes an object, and ends. */
static void others_end(struct host *host, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct session_open open = {.window = 1};
        Wire__ObjectCreate create = WIRE__OBJECT_CREATE__INIT;
        Wire__Request request = WIRE__REQUEST__INIT;
        host->others++;
        memcpy(open.token_hash, &host->others, sizeof host->others);
        create.has_type = true;
        create.type = (ProtobufCBinaryData){4, (uint8_t *)(uintptr_t) "dict"};
        request.has_id = true, request.id = 1;
        request.op_case = WIRE__REQUEST__OP_OBJECT_CREATE;
        request.object_create = &create;
        struct command command = {
            .kind = COMMAND_REQUEST, .now_ms = host->now_ms, .open = &open, .request = &request};
        struct applied applied = engine_apply(host->engine, &command, NULL);
        must(applied.outcome == OUTCOME_EFFECT);
        command = (struct command){.kind = COMMAND_SESSION_END,
                                   .now_ms = host->now_ms,
                                   .sessions = &applied.session,
                                   .session_count = 1,
                                   .bye = host->loss->byes};
        must(engine_apply(host->engine, &command, NULL).outcome == OUTCOME_EFFECT);
    }
}

/* Serves one connection; true: this is where it is lost. */
static bool serve(struct fake *f, struct host *host)
{
    struct peer peer;
    bool lost = false;
    peer_init(&peer, &peer_ops, "test");
    while (!lost && peer.state != PEER_CLOSING && fake_read(f)) {
        lost = f->request.op_case == WIRE__REQUEST__OP_DICT_INCR && f->connects == 2;
        if (!lost || host->loss->arrives)
            must(proto_run_one(host->gate, &peer, bytes_of(f->in.data, f->used)) == f->used);
        if (!lost)
            fake_send(f, buf_bytes(&peer.out));
        buf_reset(&peer.out, 0);
    }
    gate_peer_gone(host->gate, &peer);
    return lost;
}

/* The first connection makes the dict; the second one is lost and comes back. */
static void script(struct fake *f)
{
    struct host *host = f->arg;
    while (fake_accept(f)) {
        if (!serve(f, host)) {
            others_end(host, host->loss->before);
            continue;
        }
        host->now_ms += host->loss->lasts ? 1 : 2 * LINGER_MS;
        gate_turn(host->gate, host->now_ms);
        others_end(host, host->loss->after);
    }
}

/* The daemon forgets a session that did something, its client asks again: that must not be done
 * twice, and what never arrived must not be left undone where that can be known. */
START_TEST(test_done_once_or_not_known)
{
    const struct loss *loss = &losses[_i];
    struct host host;
    struct mgr *m;
    struct mgr_value *value;
    int64_t number;
    host_init(&host, loss);
    struct fake *fake = fake_start(script, &host);
    const struct mgr_options options = {.server = fake->address, .client = "test"};
    ck_assert_int_eq(mgr_open(&m, &options), MGR_OK);
    const struct mgr_named args[] = {{"type", mgr_str("dict")}, {"name", mgr_str("d")}};
    ck_assert_int_eq(mgr_call(m, "object create", args, 2, 0, NULL), MGR_OK);
    ck_assert_int_eq(mgr_dict_set(m, "d", mgr_str("n"), mgr_int(0)), MGR_OK);
    mgr_close(m);
    ck_assert_int_eq(mgr_open(&m, &options), MGR_OK);
    ck_assert_int_eq(mgr_dict_incr(m, "d", mgr_str("n"), MGR_ABSENT, NULL), loss->status);
    ck_assert_int_eq(mgr_dict_get(m, "d", mgr_str("n"), MGR_ABSENT, &value), MGR_OK);
    ck_assert(mgr_as_int(mgr_view(value), &number));
    ck_assert_int_eq(number, loss->arrives || loss->status == MGR_OK);
    mgr_value_free(value);
    mgr_close(m);
    ck_assert(fake_end(fake));
    host_free(&host);
}
END_TEST

Suite *suite_login(void);
Suite *suite_login(void)
{
    Suite *suite = suite_create("login");
    TCase *tests = tcase_create("login");
    tcase_add_loop_test(tests, test_done_once_or_not_known, 0,
                        (int)(sizeof losses / sizeof losses[0]));
    suite_add_tcase(suite, tests);
    return suite;
}
