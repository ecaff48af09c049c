/* SPDX-License-Identifier: BSD-2-Clause */
/* Connecting, saying hello, resuming a session, and sending again what was not answered.
 *
 * A resumed session knows what it did: all unanswered requests are sent again in the order of their
 * ids, and changes that were done already are only answered again. When the daemon does not know the
 * session, nothing of it was done there, provided that it is the same daemon and that the session, had
 * it existed, could not have ended since: then they are sent as new. Else their outcome is not known. */
#include <poll.h>
#include <stdlib.h>
#include <sys/random.h>

#include "client/internal.h"
#include "wire/decode.h"
#include "wire/frame.h"

enum { BACKOFF_FIRST_MS = 10, BACKOFF_CAP_MS = 1000 };
enum { WELCOME_NEW, WELCOME_RESUMED, WELCOME_ENDED, WELCOME_UNKNOWN };

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

static ProtobufCBinaryData data_of(const void *data, size_t len)
{
    return (ProtobufCBinaryData){len, (uint8_t *)(uintptr_t)data};
}

static bool put_hello(struct mgr *m)
{
    Wire__SessionHello hello = WIRE__SESSION_HELLO__INIT;
    Wire__Request request = WIRE__REQUEST__INIT;
    hello.has_version = hello.has_client = hello.has_window = hello.has_linger_ms = 1;
    hello.version = CLIENT_PROTOCOL;
    hello.client = data_of(m->client, strlen(m->client));
    hello.window = m->window_wanted;
    hello.linger_ms = (uint64_t)m->linger_ms;
    hello.has_lease_ms = m->lease_ms > 0;
    hello.lease_ms = (uint64_t)m->lease_ms;
    hello.has_token = m->has_token;
    hello.token = data_of(m->token, sizeof m->token);
    request.has_id = 1;
    request.id = 1;
    request.op_case = WIRE__REQUEST__OP_SESSION_HELLO;
    request.session_hello = &hello;
    return put_message(&m->out, &request.base);
}

/* The hello's answer. False: there is none, or it is none; error is set. */
static bool take_welcome(struct mgr *m, int64_t deadline_ms, Wire__Welcome *welcome,
                         enum link_status *link)
{
    struct bytes body;
    size_t used, need;
    uint64_t memory[DECODE_ARENA / sizeof(uint64_t)];
    struct arena arena = {(uint8_t *)memory, sizeof memory, 0};
    struct decode_error error;
    Wire__Response response;
    enum frame_status frame;
    while ((frame = frame_split(buf_bytes(&m->in), 4096 + CLIENT_ERROR_MAX, &body, &used, &need)) ==
           FRAME_MORE) {
        *link = link_exchange(m, deadline_ms);
        if (*link != LINK_OK)
            return false;
    }
    *link = LINK_OK;
    if (frame == FRAME_BAD || decode_response(body, &arena, &response, &error) != DECODE_OK) {
        client_fail(m, MGR_PROTOCOL, "%s does not speak mgrd's protocol", m->server);
        return false;
    }
    if (response.result_case == WIRE__RESPONSE__RESULT_ERROR) {
        client_fail(m, (enum mgr_status)response.error->code, "%.*s",
                    (int)response.error->message.len, (const char *)response.error->message.data);
        return false;
    }
    if (response.result_case == WIRE__RESPONSE__RESULT_PUSH) {
        client_fail(m, (enum mgr_status)response.push->code, "%.*s",
                    (int)response.push->message.len, (const char *)response.push->message.data);
        return false;
    }
    if (response.result_case != WIRE__RESPONSE__RESULT_WELCOME ||
        response.welcome->token.len != CLIENT_TOKEN || response.welcome->window == 0 ||
        response.welcome->window > CLIENT_WINDOW_MAX) {
        client_fail(m, MGR_PROTOCOL, "%s did not answer hello with a welcome", m->server);
        return false;
    }
    *welcome = *response.welcome;
    memcpy(m->token, welcome->token.data, CLIENT_TOKEN);
    memmove(m->in.data, m->in.data + used, m->in.len - used);
    m->in.len -= used;
    return true;
}

static void give_up(struct flight *flight)
{
    flight->done = true;
    flight->status = MGR_INDETERMINATE;
}

/* The old session is no more. What was on its way: reads are asked again, changes are not known. */
static bool start_anew(struct mgr *m, const Wire__Welcome *welcome, bool as_new)
{
    if (m->slots == NULL || m->window != welcome->window) {
        if (m->in_flight > 0) {
            client_fail(m, MGR_INDETERMINATE, "the session has ended, and the daemon's window changed");
            return false;
        }
        if (!flights_init(m, welcome->window)) {
            client_fail(m, MGR_NOMEM, "out of memory");
            return false;
        }
    }
    for (struct flight *at = m->first; at != NULL; at = at->next)
        if (!at->done && !at->is_read && !as_new)
            give_up(at);
    return true;
}

static bool send_again(struct mgr *m)
{
    for (struct flight *at = m->first; at != NULL; at = at->next)
        if (!at->done)
            buf_put_bytes(&m->out, buf_bytes(&at->frame));
    return !m->out.failed;
}

static bool enter(struct mgr *m, const Wire__Welcome *welcome, int64_t last_contact_ms)
{
    bool resumed = welcome->outcome == WELCOME_RESUMED;
    int64_t h = m->lease_ms > 0 && m->lease_ms < m->linger_ms ? m->lease_ms : m->linger_ms;
    bool as_new = welcome->outcome == WELCOME_UNKNOWN && m->incarnation == welcome->incarnation &&
                  client_now_ms() - last_contact_ms < h;
    bool ok = resumed || start_anew(m, welcome, as_new);
    m->has_token = true;
    m->incarnation = welcome->incarnation;
    m->frame_limit = welcome->frame_limit;
    if (ok && !send_again(m)) {
        client_fail(m, MGR_NOMEM, "out of memory");
        ok = false;
    }
    return ok;
}

/* One try. */
static enum link_status try_connect(struct mgr *m, int64_t deadline_ms, bool *final)
{
    struct buf why;
    Wire__Welcome welcome;
    int64_t last_contact_ms = m->last_contact_ms;
    *final = false;
    buf_init(&why);
    enum link_status link = link_connect(m, deadline_ms, &why);
    if (link == LINK_LOST)
        client_fail(m, MGR_UNREACHABLE, "%s: %.*s", m->server, (int)why.len, (const char *)why.data);
    else if (link == LINK_TIMEOUT)
        client_fail(m, MGR_UNREACHABLE, "%s: no answer in time", m->server);
    buf_free(&why);
    if (link != LINK_OK)
        return link;
    if (!put_hello(m)) {
        client_fail(m, MGR_NOMEM, "out of memory");
        return LINK_NOMEM;
    }
    if (!take_welcome(m, deadline_ms, &welcome, &link)) {
        if (link == LINK_LOST)
            client_fail(m, MGR_UNREACHABLE, "%s: closed the connection", m->server);
        else if (link == LINK_TIMEOUT)
            client_fail(m, MGR_UNREACHABLE, "%s: no answer in time", m->server);
        else if (link == LINK_OK)
            *final = true;
    } else if (!enter(m, &welcome, last_contact_ms)) {
        *final = true;
    } else {
        return LINK_OK;
    }
    link_close(m);
    return link == LINK_OK ? LINK_LOST : link;
}

static int64_t backoff(const struct mgr *m, int attempt)
{
    uint32_t random = 0;
    int64_t cap = m->linger_ms / 4 < BACKOFF_CAP_MS ? m->linger_ms / 4 : BACKOFF_CAP_MS;
    int64_t high = (int64_t)BACKOFF_FIRST_MS << (attempt < 10 ? attempt : 10);
    if (high > cap)
        high = cap > BACKOFF_FIRST_MS ? cap : BACKOFF_FIRST_MS;
    if (getrandom(&random, sizeof random, 0) != sizeof random)
        return high;
    return 1 + random % high; /* full jitter: clients must not come back in step */
}

enum mgr_status client_connect(struct mgr *m, int64_t deadline_ms)
{
    bool first = !m->has_token;
    for (int attempt = 0; m->fd < 0; attempt++) {
        bool final;
        enum link_status link = try_connect(m, deadline_ms, &final);
        if (link == LINK_OK)
            break;
        if (link == LINK_INTERRUPTED)
            return client_fail(m, MGR_INTERRUPTED, "interrupted while connecting to %s", m->server);
        int64_t pause = backoff(m, attempt);
        /* A first connection is not tried again: there is nothing to keep, and a wrong address stays one. */
        if (first || final || link == LINK_NOMEM ||
            (deadline_ms != INT64_MAX && client_now_ms() + pause >= deadline_ms))
            return m->status;
        struct pollfd wake = {m->wake_fd, POLLIN, 0};
        poll(&wake, 1, (int)pause);
    }
    return MGR_OK;
}
