/* SPDX-License-Identifier: BSD-2-Clause */
/* Values as people type and read them: flow literals (JSON included), Python's repr, JSON. */
#ifndef WIRE_LITERAL_H
#define WIRE_LITERAL_H

#include "wire/base/buf.h"
#include "wire/base/bytes.h"

/* What went wrong, for a person. */
struct literal_error {
    size_t column; /* byte offset in the text, from 1 */
    char text[200];
};

/* Turns the name in `!ref NAME` into an object id, and back for printing. */
struct literal_names {
    bool (*resolve)(void *arg, struct bytes name, uint64_t *id);
    /* Puts the name, or "~TYPE-ID". May be NULL: prints "~ID". */
    void (*name)(void *arg, uint64_t id, struct buf *out);
    void *arg;
};

enum literal_number {
    LITERAL_EXACT, /* a plain top-level word is a number only if it prints back to itself (3.10 is
                      text) */
    LITERAL_ANY,   /* every number form is a number: fields of kind NUMBER */
};

/* Reads one word (the whole text) into out as an encoded Value. False: *error says why; out is as
 * before. names may be NULL (then !ref is an error). A leading @ or a lone - means nothing here:
 * files are the caller's business. */
bool literal_read(struct bytes text, enum literal_number numbers, const struct literal_names *names,
                  struct buf *out, struct literal_error *error);

/* Reads JSON text (RFC 8259) into out: JSON Lines input. Big numbers stay exact. */
bool literal_read_json(struct bytes text, struct buf *out, struct literal_error *error);

/* Tagged JSON: strict JSON that loses nothing. What JSON has is itself; all else is an object with
 * one key that begins with $:
 *     {"$bytes": BASE64}  {"$tuple": [..]}  {"$set": [..]}  {"$frozenset": [..]}
 *     {"$dict": [[KEY, VALUE], ..]}           a dict with a key that is no string, or begins with $
 *     {"$float": "nan" | "inf" | "-inf"}      an unusual NaN: "nan:" and its 64 bits as 16 digits
 *     {"$int": "0x.."}                        of more than 4300 digits
 *     {"$ref": NAME}                          null: what it refers to is gone
 *     {"$opaque": {"codec": .., "data": BASE64, "parts": ..}}
 * Printing asks names for every ref; a name that comes out empty is null. Reading resolves null as
 * the empty name, and takes containers nested VAL_DEPTH_REPLY deep: a line with a page of values.
 */
void literal_print_tagged(struct bytes value, const struct literal_names *names, struct buf *out);
bool literal_read_tagged(struct bytes text, const struct literal_names *names, struct buf *out,
                         struct literal_error *error);

/* Prints a valid value so that literal_read gives it back (every NaN as the usual one). Never emits
 * control or bidi characters. */
void literal_print(struct bytes value, const struct literal_names *names, struct buf *out);
/* As Python's repr; refs are <NAME>, opaque values <opaque CODEC, N bytes>. */
void literal_print_python(struct bytes value, const struct literal_names *names, struct buf *out);
/* Strict JSON. False: something has no JSON form (bytes, NaN, two keys that become one, opaque);
 * *error's text names the path, and out is as before. On one line, as json.dumps writes it. */
bool literal_print_json(struct bytes value, const struct literal_names *names, struct buf *out,
                        struct literal_error *error);
/* YAML 1.2, block style, lossless with the literals' tags; no line break at its end. */
void literal_print_yaml(struct bytes value, const struct literal_names *names, struct buf *out);
/* Content only (-r): str and bytes as they are, scalars as text, None nothing; a container is
 * printed item by item, each followed by end, a dict as key TAB value. A scalar gets no end here.
 */
void literal_print_raw(struct bytes value, const struct literal_names *names, char end,
                       struct buf *out);
/* Any text for a terminal: control, bidi and invalid UTF-8 escaped as \n, \t, \r, \xNN, \uNNNN. */
void literal_escape(struct bytes text, struct buf *out);

#endif
