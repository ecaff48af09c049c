/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of object types, from wire/proto/types.def, which explains the columns. */
#ifndef WIRE_TYPES_H
#define WIRE_TYPES_H

#include "wire/base/bytes.h"

/* The type of an operation: its number / 64. 0: the daemon and its sessions; 1: objects of every
 * type. */
enum op_type {
    TYPE_SERVER = 0,
    TYPE_OBJECT = 1,
#define TYPE(NAME, name, number, ...) TYPE_##NAME = (number),
#include "wire/proto/types.def"
    TYPE_COUNT /* one more than the number of the last type */
};

enum type_content { CONTENT_STATE, CONTENT_ONE, CONTENT_LIST, CONTENT_SET, CONTENT_PAIRS };

enum type_flag {
    TYPE_FLAG_OWNED = 1 << 0,
    TYPE_FLAG_REENTRANT = 1 << 1,
    TYPE_FLAG_PERMITS = 1 << 2,
    TYPE_FLAG_ITEMS = 1 << 3,
    TYPE_FLAG_NO_DEFAULT = 1 << 4,
};

struct type_row {
    const char *name; /* "dict" */
    unsigned number;  /* TYPE_DICT */
    enum type_content content;
    const char *put_all, *put_one; /* "dict update", "dict set"; NULL: none */
    const char *python;            /* "Namespace"; NULL: a literal */
    unsigned flags;                /* enum type_flag */
    const char *create;            /* NULL: a name is enough */
    const char *init;              /* what INIT of create may be; NULL: there is none */
    const char *help;              /* "keys to values, in insertion order", from proto/ */
};

/* NULL for 0, 1 and unknown numbers. O(1). */
const struct type_row *type_row(unsigned number);
/* The row by name; NULL: no such type. */
const struct type_row *type_find(struct bytes name);
/* TYPE_DICT -> "dict"; NULL for 0, 1 and numbers without a type. */
const char *type_name(unsigned number);
/* "dict" -> TYPE_DICT; 0: no such type. */
unsigned type_number(struct bytes name);
/* The flags of the type by name; 0: no such type. */
unsigned type_flags(const char *name);

#endif
