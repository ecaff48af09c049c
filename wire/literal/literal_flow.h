/* SPDX-License-Identifier: BSD-2-Clause */
/* The reader of literals and JSON: its state, shared by literal_read*.c. Iterative, linear. */
#ifndef WIRE_LITERAL_FLOW_H
#define WIRE_LITERAL_FLOW_H

#include "wire/literal/literal.h"
#include "wire/value/value.h"

/* What comes next in an open container. */
enum flow_state {
    FLOW_ITEM,      /* an item, a key, or the end */
    FLOW_AFTER_KEY, /* the colon */
    FLOW_AFTER,     /* a comma or the end */
};

/* A container that is not closed yet. */
struct flow_frame {
    enum val_kind kind;     /* VAL_OPAQUE is read as a dict and turned at its end */
    enum val_kind offender; /* the first kind inside that has no hash, else VAL_NOT_GIVEN */
    enum flow_state state;
    uint8_t closer;      /* ] or } */
    const uint8_t *text; /* where it starts, tag included */
    const uint8_t *key;  /* where its last item or key starts */
    size_t start;        /* offset of its encoding */
    size_t serial;       /* which value it is, from 0, in the order of the text */
    size_t mark, pair,
        slot; /* for val_close: of itself, the open pair, the open item, key or member */
};

struct flow {
    const uint8_t *begin;
    const uint8_t *at;
    const uint8_t *end;
    bool json;   /* strict JSON, nothing else */
    bool tagged; /* with json: objects like {"$tuple": [..]} are turned into what they mean */
    bool reads_columns; /* fill columns */
    enum literal_number numbers;
    const struct literal_names *names; /* may be NULL */
    struct literal_error *error;
    struct buf out;     /* the encoding */
    struct buf scratch; /* a string with escapes, a base64 text */
    struct buf columns; /* size_t each: where every value starts, an opaque's inside left out */
    size_t serial;      /* values begun */
    size_t depth;
    size_t depth_max; /* containers that may be open; one more for an opaque without parts */
    struct flow_frame *stack; /* borrowed: room for depth_max + 1 */
};

/* A dict takes up to three containers of tagged JSON: {"$dict": [[KEY, VALUE], ...]}. Whether what
 * they mean is nested too deep is seen at the end. */
enum { FLOW_TAGGED_DEPTH = 3 * VAL_DEPTH_REPLY + 3 };

enum flow_fault {
    FLOW_SYNTAX,  /* not a literal: perhaps meant as a string */
    FLOW_MEANING, /* a literal that is no value */
};

/* Notes the error; false, for `return`. */
bool flow_fail(struct flow *flow, enum flow_fault fault, const uint8_t *at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Moves on over spaces, line breaks and, but for JSON, comments. */
void flow_skip_space(struct flow *flow);

/* Begins the value at flow->at: puts a scalar, or opens a frame. */
bool flow_node(struct flow *flow);
bool flow_node_json(struct flow *flow);

/* Opens a container at flow->at, which is its bracket; text: where it starts with its tag. */
bool flow_open(struct flow *flow, enum val_kind kind, const uint8_t *text);
/* A value is complete. offender: the kind in it that has no hash, or VAL_NOT_GIVEN. */
bool flow_done(struct flow *flow, enum val_kind offender);

/* Reads the quoted string at flow->at; content lives until the next one. */
bool flow_quoted(struct flow *flow, struct bytes *content);

/* Turns the dict that was just read as !opaque into one. */
bool flow_turn_opaque(struct flow *flow, const struct flow_frame *frame);

/* Turns the object that was just read into what its tag says; one without a tag stays a dict. */
bool flow_turn_tagged(struct flow *flow, const struct flow_frame *frame);

/* Finds the first key (or member of a set) that is there twice: its number among the values in the
 * order of the text, an opaque's inside left out. False: none found, or no memory. */
bool flow_find_duplicate(struct bytes encoding, size_t *serial, struct bytes *key);

#endif
