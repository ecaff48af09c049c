/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions and answers in turn, with a limit of time, and an ear for signals. */
#include "bench/talk.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { IN_MAX = 2 * PROTOCOL_HEAD_MAX, BYE_MS = 1000 };

struct question {
    int fd, stop_fd;
    const struct protocol *protocol;
    const struct form *form; /* NULL: hello */
    unsigned window;         /* answered by hello */
    uint64_t asked;          /* how many before this one, for ids that rise */
    struct bytes said;       /* by a push, or what is wrong with the reply; valid in `in` */
    size_t len;
    uint8_t in[IN_MAX];
};

/* ENDING_DONE: *used bytes answer it; 0: not yet. */
static enum ending take(struct question *question, long *used)
{
    struct reply reply = {VERDICT_OK, {NULL, 0}};
    const uint8_t *in = question->in;
    if (question->form == NULL)
        *used = question->protocol->take_hello(in, question->len, &question->window);
    else
        *used = question->protocol->take_reply(in, question->len, question->form, &reply);
    if (*used < 0 || *used > IN_MAX || (*used == 0 && question->len == IN_MAX))
        return ENDING_WRONG;
    if (*used > (long)question->len)
        *used = 0;
    if (*used == 0)
        return ENDING_DONE;
    question->said = reply.text;
    if (reply.verdict == VERDICT_PUSH) {
        question->len -= (size_t)*used;
        memmove(question->in, in + *used, question->len);
        *used = 0;
    }
    return reply.verdict == VERDICT_OK || reply.verdict == VERDICT_PUSH ? ENDING_DONE
                                                                        : ENDING_WRONG;
}

static enum ending ask(struct question *question, const struct buf *out)
{
    long used = 0;
    enum ending ending = ENDING_DONE;
    question->len = 0;
    question->said = bytes_of(NULL, 0);
    if (out->failed)
        return ENDING_NO_ROOM;
    if (send(question->fd, out->data, out->len, MSG_NOSIGNAL) != (ssize_t)out->len)
        return ENDING_LOST;
    while (ending == ENDING_DONE && used == 0) {
        ending = dial_wait(question->fd, POLLIN, question->stop_fd);
        if (ending != ENDING_DONE)
            break;
        ssize_t n = recv(question->fd, question->in + question->len, IN_MAX - question->len, 0);
        if (n <= 0)
            return ENDING_LOST;
        question->len += (size_t)n;
        ending = take(question, &used);
    }
    return ending;
}

static enum ending hello(struct dial *dial, const struct plan *plan, int fd, struct buf *why)
{
    struct question question = {
        .fd = fd, .stop_fd = dial->stop_fd, .protocol = plan->protocol, .window = 1};
    struct buf out;
    buf_init(&out);
    plan->protocol->put_hello(&out);
    enum ending ending = ask(&question, &out);
    buf_free(&out);
    if (ending == ENDING_LOST)
        buf_printf(why, "%s does not answer: does it speak %s?", plan->server,
                   plan->protocol->name);
    else if (ending == ENDING_WRONG)
        buf_printf(why, "%s does not speak %s, or refuses to", plan->server, plan->protocol->name);
    else if (ending == ENDING_DONE && question.window < plan->pipeline)
        buf_printf(why, "%s takes %u requests at a time: --pipeline must not be more", plan->server,
                   question.window);
    return ending == ENDING_DONE && question.window < plan->pipeline ? ENDING_USAGE : ending;
}

enum ending talk_open(struct dial *dial, const struct plan *plan, int *fd, struct buf *why)
{
    enum ending ending = dial_connect(dial, fd, why);
    if (ending != ENDING_DONE)
        return ending;
    ending = hello(dial, plan, *fd, why);
    if (ending != ENDING_DONE) {
        close(*fd);
        *fd = -1;
    }
    return ending;
}

/* A preparing step on the object of that number; each is the only one on its way. */
static enum ending do_step(struct question *question, const struct form *form, uint64_t number,
                           struct buf *why)
{
    struct buf out;
    buf_init(&out);
    question->form = form;
    question->protocol->put_request(&out, form, ++question->asked, 0, number);
    enum ending ending = ask(question, &out);
    buf_free(&out);
    if (ending == ENDING_LOST || ending == ENDING_WRONG)
        buf_printf(why, "making objects failed: %.*s", (int)question->said.len,
                   question->said.len > 0 ? (const char *)question->said.data : "");
    return ending;
}

/* The same step for the objects of all connections, or for the one of all. */
static enum ending do_steps(struct question *question, const struct plan *plan,
                            const struct step *step, struct buf *why)
{
    enum ending ending = ENDING_DONE;
    const struct form_recipe recipe = {step, plan->prefix, plan->workload->type,
                                       plan->workload->own, 0};
    struct form form;
    question->protocol->make_form(&form, &recipe);
    uint64_t objects = plan->workload->own ? plan->connections : 1;
    if (form.text.len == 0)
        objects = 0; /* this protocol has no such step */
    for (uint64_t i = 0; i < objects && ending == ENDING_DONE; i++)
        ending = do_step(question, &form, i, why);
    question->form = NULL;
    form_free(&form);
    return ending;
}

enum ending talk_prepare(struct dial *dial, const struct plan *plan, struct buf *why)
{
    struct question question = {.stop_fd = dial->stop_fd, .protocol = plan->protocol};
    enum ending ending = talk_open(dial, plan, &question.fd, why);
    if (ending != ENDING_DONE)
        return ending;
    if (plan->workload->fresh)
        ending = do_steps(&question, plan, &workload_delete, why);
    if (ending == ENDING_DONE)
        ending = do_steps(&question, plan, &plan->workload->create, why);
    talk_close(plan, &question.fd, 1);
    return ending;
}

void talk_close(const struct plan *plan, const int *fds, size_t count)
{
    struct buf out;
    uint8_t ignored[64];
    int left_ms = BYE_MS;
    buf_init(&out);
    plan->protocol->put_bye(&out);
    for (size_t i = 0; i < count; i++)
        send(fds[i], out.data, out.len, MSG_NOSIGNAL);
    for (size_t i = 0; i < count; i++) {
        struct pollfd wait = {fds[i], POLLIN, 0};
        if (poll(&wait, 1, left_ms) == 0)
            left_ms = 0; /* it had its time, and so had the others */
        while (recv(fds[i], ignored, sizeof ignored, 0) > 0)
            ;
        close(fds[i]);
    }
    buf_free(&out);
}
