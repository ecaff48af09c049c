/* SPDX-License-Identifier: BSD-2-Clause */
/* Login: connects, says hello, opens or resumes the session, and sends unanswered requests again.
 *
 * Happy path: connect, send a hello (with the session's token, if there is a session) and read the
 * first frame, a welcome. If the session is resumed, all unanswered requests are sent again in the
 * order of their ids; the daemon executes the new ones and repeats its answers to the others.
 *
 * The connection can fail, or the daemon can refuse for now: client_connect tries again, with
 * backoff, until its deadline (a first connection: once). If the daemon refuses for good or its
 * welcome makes no sense, the caller drops the session, if there is one.
 *
 * The welcome can begin a new session instead, because the old one has ended or is unknown. A lost
 * reply then leaves a question: was the change made? If the unknown session never became part of
 * the daemon's state, nothing was done, and all requests are sent again as new. Otherwise reads
 * are sent again and changes end as MGR_INDETERMINATE. The proof: the daemon has the same data, and
 * the last session that it has forgotten ended at revision welcome.forgotten. m->seen is the last
 * revision at which this session was known to be alive (from a reply, or from its own welcome).
 * If m->seen >= forgotten, this session is not among the forgotten ones, so it never was state.
 * After a bye the proof would not hold, but after a bye nothing is sent again. */
#include <inttypes.h>
#include <sys/random.h>

#include "client/internal.h"
#include "client/options.h"
#include "wire.pb-c.h"
#include "wire/base/bounds.h"
#include "wire/base/duration.h"
#include "wire/base/frame.h"
#include "wire/proto/decode.h"

enum {
    BACKOFF_FIRST_MS = 10,
    BACKOFF_CAP_MS = 1000,
    BACKOFF_DOUBLINGS = 7,
    WELCOME_MAX = 4096,
    FRAME_DEFAULT = 16 << 20,
};
enum { WELCOME_NEW, WELCOME_RESUMED, WELCOME_ENDED, WELCOME_UNKNOWN };

/* The result of one try. Unless LOGIN_OK, the error text is set. */
enum login {
    LOGIN_OK,
    LOGIN_AGAIN, /* a later try may succeed */
    LOGIN_NEVER,
    LOGIN_INTERRUPTED
};

/* ---- hello ---- */

static ProtobufCBinaryData data_of(const void *data, size_t len)
{
    return (ProtobufCBinaryData){len, (uint8_t *)(uintptr_t)data};
}

static bool put_message(struct buf *out, const ProtobufCMessage *message)
{
    uint8_t head[FRAME_HEAD_MAX];
    size_t len = protobuf_c_message_get_packed_size(message);
    buf_put(out, head, frame_head(head, len));
    uint8_t *to = buf_reserve(out, len);
    if (to == NULL)
        return false;
    out->len += protobuf_c_message_pack(message, to);
    return true;
}

static bool put_hello(struct mgr *m)
{
    Wire__SessionHello hello = WIRE__SESSION_HELLO__INIT;
    Wire__Request request = WIRE__REQUEST__INIT;
    hello.has_version = hello.has_client = hello.has_window = hello.has_linger_ms = 1;
    hello.version = CLIENT_PROTOCOL;
    hello.client = data_of(m->client, strlen(m->client));
    hello.window = m->window_wanted;
    hello.linger_ms = (uint64_t)m->linger_wanted_ms;
    hello.has_lease_ms = m->lease_wanted_ms > 0;
    hello.lease_ms = (uint64_t)m->lease_wanted_ms;
    hello.has_token = m->has_token;
    hello.token = data_of(m->token, sizeof m->token);
    request.has_id = 1;
    request.id = 1;
    request.op_case = WIRE__REQUEST__OP_SESSION_HELLO;
    request.session_hello = &hello;
    m->batch_ms = client_now_ms();
    return put_message(&m->out, &request.base);
}

/* ---- welcome ---- */

static enum login never(struct mgr *m, enum mgr_status status, const char *what)
{
    client_fail(m, status, "%s: %s", m->server, what);
    return LOGIN_NEVER;
}

static enum login refused(struct mgr *m, unsigned code, ProtobufCBinaryData message)
{
    enum mgr_status status = client_status(code);
    client_fail(m, status, "%s: %.*s", m->server, (int)message.len,
                message.len == 0 ? "" : (const char *)message.data);
    return mgr_status_retry(status) ? LOGIN_AGAIN : LOGIN_NEVER;
}

static bool is_power_of_two(uint64_t n)
{
    return n != 0 && (n & (n - 1)) == 0;
}

static bool is_sane(const struct mgr *m, const Wire__Welcome *welcome)
{
    if (welcome->token.len != CLIENT_TOKEN || !is_power_of_two(welcome->window) ||
        welcome->outcome > WELCOME_UNKNOWN)
        return false;
    if (welcome->outcome != WELCOME_RESUMED)
        return true;
    /* a resumed session must be ours, and keep the window by which its slots are numbered */
    return m->has_token && memcmp(m->token, welcome->token.data, CLIENT_TOKEN) == 0 &&
           (welcome->window == m->window ||
            (welcome->window > m->window && m->window == m->window_wanted));
}

static void keep_welcome(struct mgr *m, const Wire__Welcome *welcome)
{
    ProtobufCBinaryData id = welcome->state_id;
    m->has_token = true;
    m->ended = false;
    memcpy(m->token, welcome->token.data, CLIENT_TOKEN);
    m->state_id_len = id.len <= CLIENT_STATE_ID_MAX ? id.len : 0;
    if (m->state_id_len > 0)
        memcpy(m->state_id, id.data, id.len);
    m->state_id[m->state_id_len] = '\0';
    if (m->epoch == 0) /* only once: the address stays the daemon's, the state id may change */
        options_meet(m);
    m->linger_ms = welcome->has_linger_ms ? (int64_t)least(welcome->linger_ms, INT64_MAX / 4) : 0;
    m->lease_ms = (int64_t)least(welcome->lease_ms, INT64_MAX / 4);
    m->frame_limit = welcome->has_frame_limit
                         ? (size_t)least(welcome->frame_limit, CLIENT_FRAME_MAX)
                         : FRAME_DEFAULT;
    m->features = features_read(bytes_of(welcome->features.data, welcome->features.len));
    m->alive_ms = m->batch_ms;
    m->epoch += welcome->outcome != WELCOME_RESUMED;
}

/* True if the daemon provably executed none of the session's commands: it has the same data,
 * never knew the session, and forgot no session that ended after m->seen. */
static bool nothing_was_done(const struct mgr *m, const Wire__Welcome *welcome)
{
    return welcome->outcome == WELCOME_UNKNOWN && m->state_id_len > 0 &&
           welcome->state_id.len == m->state_id_len &&
           memcmp(welcome->state_id.data, m->state_id, m->state_id_len) == 0 &&
           welcome->has_forgotten && m->seen >= welcome->forgotten;
}

/* The old session is gone. Its unanswered reads are sent again; its unanswered changes become
 * INDETERMINATE, unless nothing_was_done. */
static void start_anew(struct mgr *m, const Wire__Welcome *welcome)
{
    uint32_t window = welcome->window < m->window_wanted ? welcome->window : m->window_wanted;
    client_fail(m, MGR_SESSION_LOST, "the session has ended");
    memcpy(m->why, m->error + m->error_at, sizeof m->why - m->error_at);
    if (window != m->window)
        flights_give_up(m, MGR_SESSION_LOST); /* ids and slots were numbered by the old window */
    else if (!nothing_was_done(m, welcome))
        flights_give_up(m, MGR_OK);
    m->window = window;
}

static bool send_again(struct mgr *m)
{
    for (const struct flight *at = m->first; at != NULL; at = at->next)
        if (!at->done)
            buf_put_bytes(&m->out, flight_frame(at));
    return !m->out.failed;
}

static enum login short_lease(struct mgr *m, uint64_t most_ms)
{
    char most[DURATION_TEXT];
    duration_write(most_ms, most);
    client_fail(m, MGR_VALUE, "%s: the lease may be %s at most (limits.lease_max)", m->server,
                most);
    return LOGIN_NEVER;
}

static enum login enter(struct mgr *m, const Wire__Welcome *welcome, uint64_t revision)
{
    if (!is_sane(m, welcome))
        return never(m, MGR_PROTOCOL, "its welcome makes no sense");
    if (m->whole_lease && welcome->lease_ms < (uint64_t)m->lease_wanted_ms)
        return short_lease(m, welcome->lease_ms);
    if (m->detach && welcome->linger_ms < welcome->lease_ms)
        return never(m, MGR_LIMIT,
                     "its limits.linger_max is shorter than the lease of this detached session");
    if (welcome->outcome != WELCOME_RESUMED)
        start_anew(m, welcome);
    keep_welcome(m, welcome);
    m->seen = revision;
    return send_again(m) ? LOGIN_OK : never(m, MGR_NOMEM, "out of memory");
}

static enum login take_welcome(struct mgr *m, struct bytes body)
{
    uint64_t memory[DECODE_ARENA / sizeof(uint64_t)];
    struct arena arena = {(uint8_t *)memory, sizeof memory, 0};
    struct decode_error error;
    Wire__Response response;
    if (decode_response(body, &arena, &response, &error) != DECODE_OK)
        return never(m, MGR_PROTOCOL, "does not speak mgrd's protocol");
    switch (response.result_case) {
    case WIRE__RESPONSE__RESULT_WELCOME:
        return enter(m, response.welcome, response.revision);
    case WIRE__RESPONSE__RESULT_ERROR:
        return refused(m, response.error->code, response.error->message);
    case WIRE__RESPONSE__RESULT_PUSH:
        return refused(m, response.push->code, response.push->message);
    default:
        return never(m, MGR_PROTOCOL, "did not answer hello with a welcome");
    }
}

/* ---- one try, and the next ---- */

static enum login link_failed(struct mgr *m, enum link_status link, const char *why)
{
    switch (link) {
    case LINK_INTERRUPTED:
        client_fail(m, MGR_INTERRUPTED, "interrupted while connecting to %s", m->server);
        return LOGIN_INTERRUPTED;
    case LINK_TIMEOUT:
        client_fail(m, MGR_UNREACHABLE, "%s: no answer in time", m->server);
        return LOGIN_AGAIN;
    case LINK_NOMEM:
        return never(m, MGR_NOMEM, "out of memory");
    default:
        client_fail(m, MGR_UNREACHABLE, "%s: %s", m->server, why);
        return LOGIN_AGAIN;
    }
}

/* Sends hello and takes the first frame as the welcome. Replies after it stay in m->in. */
static enum login say_hello(struct mgr *m, int64_t deadline_ms)
{
    struct bytes body;
    size_t used, need;
    enum frame_status frame;
    if (!put_hello(m))
        return never(m, MGR_NOMEM, "out of memory");
    while ((frame = frame_split(buf_bytes(&m->in), WELCOME_MAX, &body, &used, &need)) ==
           FRAME_MORE) {
        enum link_status link = link_exchange(m, deadline_ms);
        if (link != LINK_OK)
            return link_failed(m, link, "closed the connection");
    }
    if (frame == FRAME_BAD)
        return never(m, MGR_PROTOCOL, "does not speak mgrd's protocol");
    enum login login = take_welcome(m, body);
    memmove(m->in.data, m->in.data + used, m->in.len - used);
    m->in.len -= used;
    return login;
}

static enum login try_login(struct mgr *m, int64_t deadline_ms)
{
    char why[256] = "";
    enum link_status link = link_connect(m, deadline_ms, why, sizeof why);
    if (link != LINK_OK)
        return link_failed(m, link, why);
    enum login login = say_hello(m, deadline_ms);
    if (login != LOGIN_OK)
        link_close(m);
    return login;
}

/* Exponential backoff with full jitter, so that clients do not reconnect in step; capped at a
 * quarter of the linger, so that the session is still alive. */
static int64_t backoff_ms(const struct mgr *m)
{
    uint32_t random = 0;
    int doublings = m->attempts - 1 < BACKOFF_DOUBLINGS ? m->attempts - 1 : BACKOFF_DOUBLINGS;
    int64_t high = (int64_t)BACKOFF_FIRST_MS << doublings;
    int64_t cap = m->linger_ms / 4 < BACKOFF_CAP_MS ? m->linger_ms / 4 : BACKOFF_CAP_MS;
    if (high > cap)
        high = cap > BACKOFF_FIRST_MS ? cap : BACKOFF_FIRST_MS;
    if (getrandom(&random, sizeof random, GRND_NONBLOCK) != (ssize_t)sizeof random)
        return high;
    return 1 + random % high;
}

/* False: no time is left for another try, or the pause was interrupted. */
static bool pause_before_try(struct mgr *m, int64_t deadline_ms)
{
    int64_t pause_ms = backoff_ms(m);
    if (client_now_ms() + pause_ms >= deadline_ms)
        return false;
    if (link_pause(m, pause_ms) != LINK_INTERRUPTED)
        return true;
    (void)link_failed(m, LINK_INTERRUPTED, "");
    return false;
}

enum mgr_status client_connect(struct mgr *m, int64_t deadline_ms)
{
    /* A first connection is tried once: there is no session to save, and a wrong address stays
     * wrong. */
    bool again = m->has_token;
    enum login login = LOGIN_AGAIN;
    client_fail(m, MGR_UNREACHABLE, "%s: the connection was lost", m->server);
    while (login == LOGIN_AGAIN) {
        if (again && m->attempts > 0 && !pause_before_try(m, deadline_ms))
            return m->status;
        m->attempts += m->attempts < BACKOFF_DOUBLINGS + 1;
        login = try_login(m, deadline_ms);
        if (!again)
            break;
    }
    return login == LOGIN_OK ? MGR_OK : m->status;
}

enum mgr_status client_connect_once(struct mgr *m, int64_t deadline_ms)
{
    client_fail(m, MGR_UNREACHABLE, "%s: the connection was lost", m->server);
    if (client_now_ms() < m->retry_ms)
        return m->status;
    m->attempts += m->attempts < BACKOFF_DOUBLINGS + 1;
    m->retry_ms = client_now_ms() + backoff_ms(m);
    return try_login(m, deadline_ms) == LOGIN_OK ? MGR_OK : m->status;
}
