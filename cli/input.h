/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading whole files and standard input. */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include <stdio.h>

#include "wire/buf.h"

struct cli;

/* All of standard input. Else the exit code: reported. Standard input is there once. */
int input_stdin(struct cli *cli, struct buf *out) __attribute__((warn_unused_result));
int input_file(struct cli *cli, const char *path, struct buf *out)
    __attribute__((warn_unused_result));
/* Takes standard input for the caller to read. */
int input_take(struct cli *cli) __attribute__((warn_unused_result));
/* A line without its end, from fd 0 or another: a reader with its own buffer. */
struct line_reader {
    struct buf buf;
    size_t at; /* what was consumed */
    int fd;
    bool end;
    int error; /* errno */
};
void line_reader_init(struct line_reader *reader, int fd);
void line_reader_free(struct line_reader *reader);
/* False at the end, or when error is set. The line is borrowed until the next call. */
bool line_reader_next(struct line_reader *reader, struct bytes *line);

#endif
