/* SPDX-License-Identifier: BSD-2-Clause */
/* What the lines of a dump hold, for dump*.c, which writes them, and load*.c, which reads them.
 *     {"mgrd_dump": 1}
 *     {"object": NAME, "type": TYPE, PARAMETERS.., "content": CONTENT}
 *     {"more": NAME, "content": CONTENT}      the next part of the object of the line before
 *     {"end": true}
 * Values are tagged JSON (wire/literal/literal.h). */
#ifndef CLI_DUMP_FORMAT_H
#define CLI_DUMP_FORMAT_H

#include "wire/proto/ops.h"
#include "wire/value/value.h"

enum {
    DUMP_VERSION = 1,
    DUMP_ITEMS = 1000, /* of a line at most */
    DUMP_ANONYMOUS =
        '~', /* begins the name of an object without one: ~TYPE-N, N counted in the dump */
};

enum dump_kind {
    DUMP_TEXT,   /* a str */
    DUMP_NUMBER, /* an int from 0 */
    DUMP_FLAG,   /* a bool */
    DUMP_LOCK,   /* the name of an object, as in a dump */
    DUMP_CLOSED, /* a bool: the end of a pipe that object info tells about is not open */
};

/* A field of an object's line: a PARAM line of wire/proto/types.def, which explains the columns. */
struct dump_param {
    unsigned type;     /* of the objects that have it; TYPE_OBJECT: of all */
    const char *field; /* in the line */
    enum dump_kind kind;
    const char *info; /* in what object info gives */
    const char
        *create; /* argument of object create; NULL: it is a state that comes in at the end */
    const char *operation; /* ... by this operation, if it is true */
    unsigned end;          /* ... on that end of a pipe */
    bool always;           /* written also when it is 0 or false */
};
/* All of a type in the order in which they are written: at NULL it begins, NULL: that was all. */
const struct dump_param *dump_param_next(const struct type_row *type, const struct dump_param *at);
/* NULL: objects of that type have no such field. */
const struct dump_param *dump_param_find(const struct type_row *type, struct bytes field);
/* Whether a value is one of that kind. */
bool dump_param_fits(const struct dump_param *param, const struct val *value);

#endif
