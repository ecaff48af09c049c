/* SPDX-License-Identifier: BSD-2-Clause */
/* One line of a dump. */
#ifndef CLI_LOAD_LINE_H
#define CLI_LOAD_LINE_H

#include "cli/dump/dump_format.h"
#include "wire/literal/literal.h"

enum load_kind { RESTORE_HEADER, RESTORE_OBJECT, RESTORE_MORE, RESTORE_END };

/* Borrows from the value that it was read into. */
struct load_line {
    enum load_kind kind;
    struct bytes name;
    const struct type_row *type; /* of an object */
    struct val fields;           /* all of the line */
    struct bytes content;        /* encoding; empty: there is none */
};

enum { RESTORE_WHY = 300 };
/* Reads a line into value. False: why says what is wrong with it. */
bool load_line_read(struct bytes text, const struct literal_names *names, struct buf *value,
                    struct load_line *line, char why[RESTORE_WHY]);
/* Whether content is as that type has it. */
bool load_line_fits(const struct load_line *line, const struct type_row *type,
                    char why[RESTORE_WHY]);
/* A parameter of an object's line. False: it has none of that name. */
bool load_line_param(const struct load_line *line, const char *field, struct val *value);
/* Items of the content. */
size_t load_line_count(const struct load_line *line, const struct type_row *type);

#endif
