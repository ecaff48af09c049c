/* SPDX-License-Identifier: BSD-2-Clause */
/* Words set into lines and columns. */
#ifndef CLI_HELP_TEXT_H
#define CLI_HELP_TEXT_H

#include "wire/base/buf.h"

enum { HELP_ENTRY = 1024 }; /* bytes of one entry at most */

/* The text, cut to size, ended by NUL; frees it. */
void help_copy(struct buf *text, char *out, size_t size);
void help_spaces(struct buf *out, size_t count);
/* Words of a text, broken at the width: the first line goes on at column at, the others are
 * indented. Gives the column of the end. */
size_t help_words(struct buf *out, const char *text, size_t at, size_t indent);
void help_paragraph(struct buf *out, const char *text, size_t indent);
/* "  left        right right\n"; empties left. */
void help_entry(struct buf *out, struct buf *left, const char *right);

#endif
