/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes standard output in large pieces. */
#include "cli/base/output.h"

#include <errno.h>
#include <unistd.h>

#include "cli/base/signals.h"

enum { OUTPUT_PIECE = 64 * 1024 };

void output_init(struct output *out, int fd)
{
    *out = (struct output){.fd = fd};
    buf_init(&out->buf);
}

void output_flush(struct output *out)
{
    size_t at = 0;
    if (out->buf.failed && out->error == 0)
        out->error = ENOMEM;
    while (out->error == 0 && at < out->buf.len) {
        ssize_t n = write(out->fd, out->buf.data + at, out->buf.len - at);
        if (n >= 0)
            at += (size_t)n;
        else if (errno != EINTR)
            out->error = errno;
        /* nobody reads, and Ctrl-C was pressed: that ended the write */
        if (at < out->buf.len && out->error == 0 && signals_interrupted())
            out->error = EINTR;
    }
    buf_reset(&out->buf, 2 * (size_t)OUTPUT_PIECE);
}

void output_forget(struct output *out)
{
    buf_reset(&out->buf, 0);
}

void output_check(struct output *out)
{
    if (out->buf.len >= OUTPUT_PIECE || out->buf.failed)
        output_flush(out);
}

bool output_end(struct output *out)
{
    output_flush(out);
    buf_free(&out->buf);
    return out->error == 0;
}
