/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads files until their end; a signal ends it too. */
#include "cli/base/input.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "cli/base/cli.h"
#include "cli/base/report.h"

enum { INPUT_PIECE = 64 * 1024 };

/* Reads once. False at the end, or with *error set. */
static bool read_piece(int fd, struct buf *out, int *error)
{
    uint8_t *to = buf_reserve(out, INPUT_PIECE);
    if (to == NULL) {
        *error = ENOMEM;
        return false;
    }
    ssize_t n;
    do
        n = read(fd, to, INPUT_PIECE);
    while (n < 0 && errno == EINTR && !cli_interrupted());
    if (n < 0)
        *error = errno;
    else
        out->len += (size_t)n;
    return n > 0;
}

static int read_all(struct cli *cli, int fd, const char *path, struct buf *out)
{
    int error = 0;
    while (out->len <= INPUT_MAX && read_piece(fd, out, &error))
        ;
    if (out->len > INPUT_MAX)
        return report(cli, MGR_TOO_LARGE, "%s has more than %d MiB: no request could bring it",
                      path, INPUT_MAX >> 20);
    if (error == EINTR)
        return report(cli, MGR_INTERRUPTED, "interrupted while reading %s", path);
    if (error != 0)
        return report(cli, MGR_LOCAL_IO, "%s: %s", path, strerror(error));
    return 0;
}

int input_take(struct cli *cli)
{
    if (cli->stdin_taken)
        return report(cli, MGR_USAGE, "standard input is read already");
    cli->stdin_taken = !cli->shell;
    return 0;
}

int input_stdin(struct cli *cli, struct buf *out)
{
    int code = input_take(cli);
    return code != 0 ? code : read_all(cli, STDIN_FILENO, "standard input", out);
}

int input_file(struct cli *cli, const char *path, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return report(cli, MGR_LOCAL_IO, "%s: %s", path, strerror(errno));
    int code = read_all(cli, fd, path, out);
    close(fd);
    return code;
}

const char *input_error(int error)
{
    return error == EMSGSIZE ? "a line is longer than any request" : strerror(error);
}

bool input_is_marked(struct bytes text)
{
    static const char mark[] = "\xef\xbb\xbf";
    return text.len >= sizeof mark - 1 && memcmp(text.data, mark, sizeof mark - 1) == 0;
}

void line_reader_init(struct line_reader *reader, int fd)
{
    *reader = (struct line_reader){.fd = fd, .max = INPUT_MAX, .delimiter = '\n'};
    buf_init(&reader->buf);
}

void line_reader_free(struct line_reader *reader)
{
    buf_free(&reader->buf);
}

bool line_reader_next(struct line_reader *reader, struct bytes *line)
{
    size_t seen = 0; /* bytes of the line that have no end in them */
    for (;;) {
        const uint8_t *start = reader->buf.data + reader->at;
        size_t left = reader->buf.len - reader->at;
        const uint8_t *end =
            left > seen ? memchr(start + seen, reader->delimiter, left - seen) : NULL;
        if (end != NULL || (reader->end && left > 0)) {
            *line = bytes_of(start, end == NULL ? left : (size_t)(end - start));
            reader->at += line->len + (end != NULL);
            return true;
        }
        if (reader->error == 0 && left > reader->max)
            reader->error = EMSGSIZE;
        if (reader->end || reader->error != 0)
            return false;
        seen = left;
        if (reader->at > 0) {
            memmove(reader->buf.data, start, left);
            reader->buf.len = left;
            reader->at = 0;
        }
        reader->end = !read_piece(reader->fd, &reader->buf, &reader->error);
    }
}
