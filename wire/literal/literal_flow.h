/* SPDX-License-Identifier: BSD-2-Clause */
/* The state of the reader of literals and JSON, shared by literal_read*.c. No recursion; linear
 * time. */
#ifndef WIRE_LITERAL_FLOW_H
#define WIRE_LITERAL_FLOW_H

#include "wire/literal/literal.h"
#include "wire/value/value.h"

/* What may come next in an open container. */
enum flow_state {
    FLOW_ITEM,      /* an item, a key, or the end */
    FLOW_AFTER_KEY, /* a colon */
    FLOW_AFTER,     /* a comma or the end */
};

/* A container that is not closed yet. */
struct flow_frame {
    enum val_kind kind;     /* VAL_OPAQUE is read as a dict and converted when it closes */
    enum val_kind offender; /* kind of the first unhashable value inside, else VAL_NOT_GIVEN */
    enum flow_state state;
    uint8_t closer;      /* ] or } */
    const uint8_t *text; /* start of the container, tag included */
    const uint8_t *key;  /* start of its last item or key */
    size_t start;        /* offset of its encoding in out */
    size_t serial;       /* number of the value in text order, from 0 */
    size_t mark, pair,
        slot; /* for val_close: the container, the open pair, the open item, key or member */
};

struct flow {
    const uint8_t *begin;
    const uint8_t *at;
    const uint8_t *end;
    bool json;          /* accept strict JSON only */
    bool tagged;        /* with json: convert objects such as {"$tuple": [..]} */
    bool reads_columns; /* fill columns */
    enum literal_number numbers;
    const struct literal_names *names; /* may be NULL */
    struct literal_error *error;
    struct buf out;     /* the encoded value */
    struct buf scratch; /* for a string with escapes, or base64 text */
    struct buf columns; /* size_t each: where every value starts, except inside opaque values */
    size_t serial;      /* number of values seen so far */
    size_t depth;
    size_t depth_max; /* maximum of open containers, plus one for an opaque value without parts */
    struct flow_frame *stack; /* borrowed: room for depth_max + 1 frames */
};

/* In tagged JSON a dict takes up to three containers: {"$dict": [[KEY, VALUE], ...]}. Whether
 * the value itself is nested too deep is checked at the end. */
enum { FLOW_TAGGED_DEPTH = 3 * VAL_DEPTH_REPLY + 3 };

enum flow_fault {
    FLOW_SYNTAX,  /* not a literal: may be meant as a string */
    FLOW_MEANING, /* a literal without a meaning */
};

/* Records the error and returns false. */
bool flow_fail(struct flow *flow, enum flow_fault fault, const uint8_t *at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Skips spaces, line breaks and (not in JSON) comments. */
void flow_skip_space(struct flow *flow);

/* Starts the value at flow->at: appends a scalar, or opens a frame. */
bool flow_node(struct flow *flow);
bool flow_node_json(struct flow *flow);

/* Opens the container whose bracket is at flow->at; text: where it starts, tag included. */
bool flow_open(struct flow *flow, enum val_kind kind, const uint8_t *text);
/* Finishes a value. offender: the kind inside it that has no hash, or VAL_NOT_GIVEN. */
bool flow_done(struct flow *flow, enum val_kind offender);

/* Reads the quoted string at flow->at; content is valid until the next call. */
bool flow_quoted(struct flow *flow, struct bytes *content);

/* Converts the dict that was just read after !opaque. */
bool flow_turn_opaque(struct flow *flow, const struct flow_frame *frame);

/* Converts the object that was just read to the value its tag stands for; an object without a
 * tag stays a dict. */
bool flow_turn_tagged(struct flow *flow, const struct flow_frame *frame);

/* Finds the first duplicate key (or member of a set). *serial: its number among the values in
 * text order, not counting those inside opaque values. False: none found, or out of memory. */
bool flow_find_duplicate(struct bytes encoding, size_t *serial, struct bytes *key);

#endif
