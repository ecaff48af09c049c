/* SPDX-License-Identifier: BSD-2-Clause */
/* Standard output: buffered, and every failure noticed. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "cli/base/options.h"
#include "wire/literal/literal.h"

struct output {
    struct buf buf;
    int fd;
    int error; /* errno of the first failure; what comes after it is dropped */
};

void output_init(struct output *out, int fd);
/* Sends what is buffered when there is much of it. */
void output_check(struct output *out);
void output_flush(struct output *out);
/* Drops what is buffered. */
void output_forget(struct output *out);
/* Sends and frees all. False: something did not arrive, error says why. */
bool output_end(struct output *out) __attribute__((warn_unused_result));

/* How values are printed. */
struct style {
    enum output_format format;
    char end; /* behind each value or item: '\n' or '\0' */
    const struct literal_names *names;
};

/* One value with its end. False: it has no JSON form, *error says why, and out is as before. */
bool format_print(const struct style *style, struct bytes value, struct buf *out,
                  struct literal_error *error) __attribute__((warn_unused_result));
/* Rows for people: a dict as "key: value" lines, a list of dicts as a table, others as literals. */
void format_print_rows(const struct style *style, struct bytes value, struct buf *out);

#endif
