/* SPDX-License-Identifier: BSD-2-Clause */
/* Text in quotes: which text needs them, how it is escaped. */
#ifndef WIRE_LITERAL_QUOTE_H
#define WIRE_LITERAL_QUOTE_H

#include "wire/base/buf.h"
#include "wire/base/bytes.h"

/* Nothing in it is utf8_is_unsafe. */
bool quote_is_safe(struct bytes utf8);

/* Whether the text reads back to itself without quotes inside [ ] and { }: a word that starts with
 * a letter and is no null, bool or number, nor one of YAML 1.1 or Python. spaces: single spaces
 * between its characters are fine. */
bool quote_is_bare(struct bytes utf8, bool spaces);

/* '...', or "..." with escapes when there is something to escape. */
void quote_put(struct bytes utf8, struct buf *out);

/* A JSON string. */
void quote_put_json(struct bytes utf8, struct buf *out);

/* \xNN, \uNNNN or \UNNNNNNNN. */
void quote_put_escape(uint32_t point, struct buf *out);

/* The name of an object: bare when it can be. */
void quote_put_name(struct bytes name, struct buf *out);

/* For messages: at most about 60 bytes of text, escaped; cut with "...". */
enum {
    QUOTE_EXCERPT = 72,
};
const char *quote_excerpt(struct bytes text, char room[QUOTE_EXCERPT]);

/* RFC 4648, with padding. */
void quote_put_base64(struct bytes data, struct buf *out);
/* Spaces and line breaks are ignored. False: no base64. */
bool quote_read_base64(struct bytes text, struct buf *out);

#endif
