/* SPDX-License-Identifier: BSD-2-Clause */
/* A daemon that follows a script. */
#include "tests/support/fakeserver.h"

#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "wire/base/frame.h"
#include "wire/proto/decode.h"
#include "wire/value/value.h"

enum { PATIENCE_MS = 20000, TOKEN_MAX = 64 };

static const char *path_of(const struct fake *fake)
{
    return fake->address + strlen("unix:");
}

static void *run(void *arg)
{
    struct fake *fake = arg;
    fake->script(fake);
    fake_close(fake);
    return NULL;
}

struct fake *fake_start(fake_script *script, void *arg)
{
    static unsigned serial;
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    struct fake *fake = calloc(1, sizeof *fake);
    if (fake == NULL)
        abort();
    fake->welcome = (struct fake_welcome){.window = 256,
                                          .token_len = 32,
                                          .linger_ms = 5000,
                                          .frame_limit = 16 << 20,
                                          .state_id = "same"};
    snprintf(fake->address, sizeof fake->address, "unix:/tmp/mgrd-fake-%d-%u", (int)getpid(),
             serial++);
    snprintf(to.sun_path, sizeof to.sun_path, "%s", path_of(fake));
    unlink(to.sun_path);
    fake->script = script;
    fake->arg = arg;
    fake->conn = -1;
    fake->stop_fd = eventfd(0, EFD_CLOEXEC);
    fake->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(fake->listener, (struct sockaddr *)&to, sizeof to) != 0 ||
        listen(fake->listener, 8) != 0 || pthread_create(&fake->thread, NULL, run, fake) != 0)
        abort();
    return fake;
}

bool fake_end(struct fake *fake)
{
    if (eventfd_write(fake->stop_fd, 1) != 0)
        abort();
    pthread_join(fake->thread, NULL);
    bool ok = !fake->failed;
    close(fake->stop_fd);
    close(fake->listener);
    unlink(path_of(fake));
    buf_free(&fake->in);
    free(fake);
    return ok;
}

void fake_expect(struct fake *fake, bool truth)
{
    fake->failed = fake->failed || !truth;
}

/* What has come is read even when the test is over. */
static bool is_ready(const struct fake *fake, int fd)
{
    struct pollfd pollers[2] = {{fd, POLLIN, 0}, {fake->stop_fd, POLLIN, 0}};
    return poll(pollers, 2, PATIENCE_MS) > 0 && pollers[0].revents != 0;
}

void fake_close(struct fake *fake)
{
    if (fake->conn >= 0)
        close(fake->conn);
    fake->conn = -1;
    fake->used = 0;
    buf_reset(&fake->in, SIZE_MAX);
}

bool fake_accept(struct fake *fake)
{
    fake_close(fake);
    if (!is_ready(fake, fake->listener))
        return false;
    fake->conn = accept4(fake->listener, NULL, NULL, SOCK_CLOEXEC);
    fake->connects += fake->conn >= 0;
    return fake->conn >= 0;
}

static bool read_more(struct fake *fake)
{
    uint8_t *to = buf_reserve(&fake->in, 65536);
    if (fake->conn < 0 || to == NULL || !is_ready(fake, fake->conn))
        return false;
    ssize_t n = recv(fake->conn, to, 65536, 0);
    if (n > 0)
        fake->in.len += (size_t)n;
    return n > 0;
}

bool fake_read(struct fake *fake)
{
    struct bytes body, operation;
    size_t need;
    enum frame_status frame;
    struct decode_error error;
    struct arena arena = {(uint8_t *)fake->memory, sizeof fake->memory, 0};
    if (fake->used > 0) {
        memmove(fake->in.data, fake->in.data + fake->used, fake->in.len - fake->used);
        fake->in.len -= fake->used;
        fake->used = 0;
    }
    while ((frame = frame_split(buf_bytes(&fake->in), 64 << 20, &body, &fake->used, &need)) ==
           FRAME_MORE)
        if (!read_more(fake))
            return false;
    bool ok = frame == FRAME_OK &&
              decode_request(body, &arena, &fake->request, &operation, &error) == DECODE_OK;
    fake_expect(fake, ok);
    return ok;
}

void fake_send(struct fake *fake, struct bytes bytes)
{
    size_t at = 0;
    while (fake->conn >= 0 && at < bytes.len) {
        ssize_t n = send(fake->conn, bytes.data + at, bytes.len - at, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        at += (size_t)n;
    }
}

void fake_send_parts(struct fake *fake, struct bytes bytes, size_t first)
{
    int unread = 1;
    struct pollfd gone = {fake->conn, 0, 0};
    fake_send(fake, bytes_of(bytes.data, first));
    while (unread > 0 && ioctl(fake->conn, SIOCOUTQ, &unread) == 0 && poll(&gone, 1, 1) == 0)
        ;
    fake_send(fake, bytes_of(bytes.data + first, bytes.len - first));
}

static ProtobufCBinaryData text_data(const char *text)
{
    return (ProtobufCBinaryData){strlen(text), (uint8_t *)(uintptr_t)text};
}

bool fake_hello(struct fake *fake)
{
    static const uint8_t token[TOKEN_MAX] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef";
    const struct fake_welcome *w = &fake->welcome;
    Wire__Welcome message = WIRE__WELCOME__INIT;
    struct buf body, frame;
    do {
        if (!fake_accept(fake))
            return false;
    } while (!fake_read(fake)); /* gone before it said hello */
    fake_expect(fake, fake->request.op_case == WIRE__REQUEST__OP_SESSION_HELLO);
    fake->had_token = fake->request.session_hello->has_token;
    message.has_outcome = message.has_token = message.has_window = message.has_linger_ms = 1;
    message.has_frame_limit = message.has_state_id = message.has_lease_ms = 1;
    message.outcome = fake->had_token || fake->shameless ? w->outcome : 0;
    message.token = (ProtobufCBinaryData){w->token_len, (uint8_t *)(uintptr_t)token};
    message.window = w->window;
    message.linger_ms = w->linger_ms;
    message.lease_ms = fake->lease_ms;
    message.frame_limit = w->frame_limit;
    message.state_id = text_data(w->state_id);
    message.has_forgotten = fake->forgotten != UINT64_MAX;
    message.forgotten = fake->forgotten;
    message.has_features = fake->features != NULL;
    message.features = text_data(fake->features == NULL ? "" : fake->features);
    buf_init(&body);
    buf_init(&frame);
    body.len = protobuf_c_message_pack(
        &message.base, buf_reserve(&body, protobuf_c_message_get_packed_size(&message.base)));
    reply_put(&frame, fake->request.id, fake->revision,
              &(struct result){.kind = RESULT_WELCOME, .body = buf_bytes(&body)});
    fake_send(fake, buf_bytes(&frame));
    buf_free(&body);
    buf_free(&frame);
    return true;
}

void fake_reply(struct fake *fake, uint64_t id, const struct result *result)
{
    struct buf frame;
    buf_init(&frame);
    reply_put(&frame, id, id == 0 ? 0 : 1000 + id, result);
    fake_send(fake, buf_bytes(&frame));
    buf_free(&frame);
}

void fake_done(struct fake *fake, uint64_t id)
{
    fake_reply(fake, id, &(struct result){.kind = RESULT_DONE});
}

void fake_int(struct fake *fake, uint64_t id, int64_t value)
{
    struct buf out;
    buf_init(&out);
    val_put_int(&out, value);
    fake_reply(fake, id, &(struct result){.kind = RESULT_VALUE, .value = buf_bytes(&out)});
    buf_free(&out);
}

void fake_grant(struct fake *fake, uint64_t id, uint64_t token, int64_t item)
{
    struct buf out;
    buf_init(&out);
    if (item != 0)
        val_put_int(&out, item);
    fake_reply(fake, id,
               &(struct result){.kind = RESULT_GRANT, .token = token, .value = buf_bytes(&out)});
    buf_free(&out);
}

void fake_error(struct fake *fake, uint64_t id, enum mgr_code code, const char *message)
{
    fake_reply(
        fake, id,
        &(struct result){.kind = RESULT_ERROR, .code = code, .message = bytes_text(message)});
}

void fake_push(struct fake *fake, enum mgr_code code)
{
    fake_reply(fake, 0,
               &(struct result){.kind = RESULT_PUSH, .code = code, .message = bytes_text("hint")});
}

void fake_serve(struct fake *fake)
{
    while (fake_read(fake)) {
        fake_done(fake, fake->request.id);
        if (fake->request.op_case == WIRE__REQUEST__OP_SESSION_BYE)
            return;
    }
}

void fake_script_good(struct fake *fake)
{
    while (fake_hello(fake))
        fake_serve(fake);
}

void fake_script_count(struct fake *fake)
{
    size_t *count = fake->arg;
    while (fake_hello(fake)) {
        while (fake_read(fake)) {
            *count += fake->request.op_case != WIRE__REQUEST__OP_SESSION_BYE;
            fake_done(fake, fake->request.id);
        }
    }
}
