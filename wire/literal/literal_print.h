/* SPDX-License-Identifier: BSD-2-Clause */
/* The text forms of values, shared by the printers. */
#ifndef WIRE_LITERAL_PRINT_H
#define WIRE_LITERAL_PRINT_H

#include "wire/literal/literal.h"
#include "wire/literal/literal_scalar.h"
#include "wire/value/value.h"

/* null, true, .inf, ... */
extern const struct scalar_names literal_scalar_names;

/* Appends the object's name, or "~ID" without a function for names. */
void literal_put_name(const struct literal_names *names, uint64_t id, struct buf *out);

/* Prints on one line, as inside [ ] and { }. */
void literal_print_flow(struct bytes value, const struct literal_names *names, struct buf *out);

/* The tag of a kind of container; "": it needs none. */
const char *literal_tag(enum val_kind kind);

static inline bool literal_is_container(enum val_kind kind)
{
    return kind >= VAL_LIST && kind <= VAL_FROZENSET;
}

#endif
