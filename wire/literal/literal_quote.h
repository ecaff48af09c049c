/* SPDX-License-Identifier: BSD-2-Clause */
/* Quoting text: which text needs quotes, and how it is escaped. */
#ifndef WIRE_LITERAL_QUOTE_H
#define WIRE_LITERAL_QUOTE_H

#include "wire/base/buf.h"
#include "wire/base/bytes.h"

/* True if no character is utf8_is_unsafe. */
bool quote_is_safe(struct bytes utf8);

/* Whether the text reads back as itself without quotes inside [ ] and { }: a word that starts
 * with a letter and is not null, a bool or a number in YAML 1.1, YAML 1.2 or Python. spaces:
 * allow single spaces between its characters. */
bool quote_is_bare(struct bytes utf8, bool spaces);

/* Appends '...', or "..." if something must be escaped. */
void quote_put(struct bytes utf8, struct buf *out);

/* Appends a JSON string. */
void quote_put_json(struct bytes utf8, struct buf *out);

/* Appends \xNN, \uNNNN or \UNNNNNNNN. */
void quote_put_escape(uint32_t point, struct buf *out);

/* Appends an object's name, without quotes if possible. */
void quote_put_name(struct bytes name, struct buf *out);

/* For messages: the text escaped and cut to about 60 bytes, with "..." at the cut. */
enum {
    QUOTE_EXCERPT = 72,
};
const char *quote_excerpt(struct bytes text, char room[QUOTE_EXCERPT]);

/* Base64 by RFC 4648, with padding. */
void quote_put_base64(struct bytes data, struct buf *out);
/* Ignores spaces and line breaks. False: not base64. */
bool quote_read_base64(struct bytes text, struct buf *out);

#endif
