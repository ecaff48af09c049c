/* SPDX-License-Identifier: BSD-2-Clause */
/* The op table: one row per operation, from wire/proto/ops.def and proto/. */
#ifndef WIRE_OPS_H
#define WIRE_OPS_H

#include <protobuf-c/protobuf-c.h>

#include "wire/base/bytes.h"
#include "wire/proto/types.h"
#include "wire/proto/wire_fwd.h"

enum op_class {
    CLASS_none,
    CLASS_read,
    CLASS_write,
    CLASS_consume,
    CLASS_lock,
    CLASS_create,
    CLASS_delete,
    CLASS_admin,
    CLASS_session
};

enum op_flag {
    OP_PLAIN = 0,
    OP_WAITS = 1 << 0,
    OP_GROWS = 1 << 1,
    OP_ANSWER = 1 << 2,
    OP_QUIET = 1 << 3,
    OP_REST = 1 << 4,
    OP_NUMBER = 1 << 5,
    OP_BULK = 1 << 6,
    OP_OWNS = 1 << 7,
    OP_GIVES = 1 << 8,
};

enum arg_kind { ARG_VALUE, ARG_STRING, ARG_BYTES, ARG_BOOL, ARG_UINT, ARG_INT };

/* One argument of an operation, in field order. */
struct arg_row {
    const char *name;
    enum arg_kind kind;
    bool required;    /* has no `optional` in proto/, is not a bool and not in a oneof */
    bool in_oneof;    /* one of several alternatives: only given as --NAME */
    unsigned offset;  /* of the field in the message struct */
    unsigned has;     /* of its has_ member (or of the oneof's case) in the message struct */
    unsigned number;  /* field number: also the value of the oneof's case */
    unsigned size;    /* of the field: tells uint32 from uint64 */
    const char *help; /* its meaning, from the comment after the field in proto/; NULL: its name has
                         one in cli/syntax/meanings.def */
};

struct op_row {
    const char *type;   /* "dict"; NULL: no such operation */
    const char *method; /* "get_many" */
    const char *help;
    const ProtobufCMessageDescriptor *message;
    const struct arg_row *args;
    unsigned arg_count;
    unsigned number; /* field of Request.op */
    enum op_class class;
    unsigned flags; /* enum op_flag */
    bool on_object; /* the first field is `name` and names an existing object */
};

enum { OP_NUMBERS_OF_TYPE = 64, OP_NUMBER_MAX = OP_NUMBERS_OF_TYPE * TYPE_COUNT };

/* The row of a Request.op case; NULL: unknown. O(1). */
const struct op_row *op_row(unsigned number);
/* The row for two words, where '-' equals '_'; NULL: unknown. */
const struct op_row *op_find(const char *type, const char *method);
/* The row for both words in one text, "dict get"; NULL: unknown. */
const struct op_row *op_find_words(const char *words);
enum { OP_WORDS = 64 };
/* Writes "dict get" into room and returns it. */
const char *op_words(const char *type, const char *method, char room[OP_WORDS]);
/* The argument with that name; NULL: unknown. */
const struct arg_row *op_arg(const struct op_row *row, const char *name);
/* The next row in number order; NULL starts the walk and ends it. */
const struct op_row *op_next(const struct op_row *row);

/* The operation of a request; NULL: none. */
const ProtobufCMessage *op_message(const Wire__Request *request);
/* The object name in a message whose row is on_object; empty: not given. Borrowed from the
 * message. */
struct bytes op_object_name(const ProtobufCMessage *in);
/* The content of a Value, string or bytes argument in a message; empty: not given. */
struct bytes op_argument(const struct arg_row *arg, const ProtobufCMessage *in);

#endif
