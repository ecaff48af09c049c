/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading whole files and standard input. */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include <stdio.h>

#include "wire/base/buf.h"

struct cli;

/* All of standard input. Else the exit code: reported. Standard input is there once. */
int input_stdin(struct cli *cli, struct buf *out) __attribute__((warn_unused_result));
int input_file(struct cli *cli, const char *path, struct buf *out)
    __attribute__((warn_unused_result));
/* Takes standard input for the caller to read. */
int input_take(struct cli *cli) __attribute__((warn_unused_result));
/* What errno or a line_reader's error says. */
const char *input_error(int error);
/* Whether a text begins with U+FEFF, which nobody sees and no literal begins with. */
bool input_is_marked(struct bytes text);
/* What is said of such a one, behind its name. */
#define INPUT_MARKED "begins with a byte order mark (U+FEFF): save it as UTF-8 without one"

enum { INPUT_MAX = 256 << 20 }; /* bytes of a literal: a request has 64 MiB at most */

/* A line without its end, from fd 0 or another: a reader with its own buffer. */
struct line_reader {
    struct buf buf;
    size_t at;  /* what was consumed */
    size_t max; /* bytes of a line: one that is longer is the error EMSGSIZE */
    int fd;
    uint8_t delimiter; /* ends a line */
    bool end;
    int error; /* errno */
};
/* For lines of INPUT_MAX bytes at most that end with a line break: change it before the first. */
void line_reader_init(struct line_reader *reader, int fd);
void line_reader_free(struct line_reader *reader);
/* False at the end, or when error is set. The line is borrowed until the next call. */
bool line_reader_next(struct line_reader *reader, struct bytes *line);

#endif
