/* SPDX-License-Identifier: BSD-2-Clause */
/* The text forms of values: flow literals (which include JSON), Python's repr, JSON, YAML. */
#ifndef WIRE_LITERAL_H
#define WIRE_LITERAL_H

#include "wire/base/buf.h"
#include "wire/base/bytes.h"

/* An error for a person to read. */
struct literal_error {
    size_t column; /* byte offset in the text, counted from 1 */
    char text[200];
};

/* Translates names of objects (`!ref NAME`) into ids, and ids into names for printing. */
struct literal_names {
    bool (*resolve)(void *arg, struct bytes name, uint64_t *id);
    /* Appends the name, or "~TYPE-ID". May be NULL: then "~ID" is printed. */
    void (*name)(void *arg, uint64_t id, struct buf *out);
    void *arg;
};

enum literal_number {
    LITERAL_EXACT, /* a plain top-level word that prints back as itself is a number */
    LITERAL_ANY,   /* every number form is a number: for fields of kind NUMBER */
};

/* Reads the whole text as one value and appends it to out as an encoded Value. False: *error
 * tells why, and out is unchanged. names may be NULL: then !ref is an error. A leading @ or a
 * lone - has no meaning here: reading files is up to the caller. */
bool literal_read(struct bytes text, enum literal_number numbers, const struct literal_names *names,
                  struct buf *out, struct literal_error *error);

/* Reads JSON text (RFC 8259) into out, for JSON Lines input. Big numbers stay exact. */
bool literal_read_json(struct bytes text, struct buf *out, struct literal_error *error);

/* Tagged JSON: strict JSON that loses nothing. Values of JSON's own types are written as such, all
 * others as an object with one key that begins with $:
 *     {"$bytes": BASE64}  {"$tuple": [..]}  {"$set": [..]}  {"$frozenset": [..]}
 *     {"$dict": [[KEY, VALUE], ..]}           a dict with a key that is no string or begins with $
 *     {"$float": "nan" | "inf" | "-inf"}      an unusual NaN: "nan:" and its 64 bits as 16 digits
 *     {"$int": "0x.."}                        of more than 4300 digits
 *     {"$ref": NAME}                          null: the object is gone
 *     {"$opaque": {"codec": .., "data": BASE64, "parts": ..}}
 * Printing calls names->name for every ref; an empty name is printed as null. Reading resolves null
 * as the empty name, and accepts containers nested VAL_DEPTH_REPLY deep: a line with a page of
 * values. */
void literal_print_tagged(struct bytes value, const struct literal_names *names, struct buf *out);
bool literal_read_tagged(struct bytes text, const struct literal_names *names, struct buf *out,
                         struct literal_error *error);

/* Prints a valid value so that literal_read reads the same value back (except that every NaN
 * becomes the usual one). Never prints control or bidi characters. */
void literal_print(struct bytes value, const struct literal_names *names, struct buf *out);
/* Prints as Python's repr does; refs are <NAME>, opaque values <opaque CODEC, N bytes>. */
void literal_print_python(struct bytes value, const struct literal_names *names, struct buf *out);
/* Strict JSON on one line, as json.dumps writes it; refs and opaque values are objects as in tagged
 * JSON. False: a part of the value has no JSON form (bytes, NaN, two keys that become the same
 * text); the error text names its path, and out is unchanged. */
bool literal_print_json(struct bytes value, const struct literal_names *names, struct buf *out,
                        struct literal_error *error);
/* YAML 1.2 in block style, lossless by the literals' tags; without a line break at the end. */
void literal_print_yaml(struct bytes value, const struct literal_names *names, struct buf *out);
/* Content only (-r): str and bytes raw, scalars as text, None as nothing. A container is printed
 * item by item, each followed by `end`; a dict as key TAB value. A scalar gets no `end`. */
void literal_print_raw(struct bytes value, const struct literal_names *names, char end,
                       struct buf *out);
/* Makes any text safe for a terminal: control and bidi characters and invalid UTF-8 are escaped
 * as \n, \t, \r, \xNN, \uNNNN. */
void literal_escape(struct bytes text, struct buf *out);

#endif
