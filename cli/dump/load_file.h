/* SPDX-License-Identifier: BSD-2-Clause */
/* The text of a dump, read twice: once from front to end, then line by line where it is needed.
 * Input that cannot be read twice is kept in a temporary file meanwhile. */
#ifndef CLI_LOAD_FILE_H
#define CLI_LOAD_FILE_H

#include "cli/base/cli.h"
#include "cli/base/input.h"

/* Where a line is. */
struct load_at {
    size_t line; /* its number, from 1; 0: nowhere */
    uint64_t offset;
    size_t len;
};

struct load_file {
    struct cli *cli;
    const char *path; /* for messages */
    struct line_reader reader;
    FILE *kept; /* a copy of what was read; NULL: the file itself will do */
    struct load_at at;
    bool own; /* the descriptor is to be closed */
};

/* path NULL or "-": standard input. The exit code: reported; close it in any case. */
int load_file_open(struct load_file *file, struct cli *cli, const char *path)
    __attribute__((warn_unused_result));
void load_file_close(struct load_file *file);
/* The next line that is not blank; file->at says where it is. False: the end, or *code is not 0:
 * reported. The line is borrowed until the next call. */
bool load_file_next(struct load_file *file, struct bytes *line, int *code);
/* A line that was read before. The exit code: reported. */
int load_file_again(struct load_file *file, const struct load_at *at, struct buf *out)
    __attribute__((warn_unused_result));

#endif
