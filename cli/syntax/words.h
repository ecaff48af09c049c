/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of `mgrctl shell` to words: quotes as in sh, brackets kept whole. */
#ifndef CLI_WORDS_H
#define CLI_WORDS_H

#include "wire/base/buf.h"

/* Words of a line; each ends with NUL. */
struct words {
    struct buf text;
    char **list; /* owned; points into text */
    size_t count;
    bool open; /* of a line with a fault: a further line can end what it has begun */
};

/* Splits: blanks part words; '...' takes all as it is; in "..." and outside of quotes \ takes the
 * next character as it is, and goes with the end of a line; # at the start of a word ends its line.
 * A word that starts with { or [ goes on to the bracket that closes it, its quotes included: {a: 'x
 * y'} is one word. NULL, or what is wrong with the line; free in any case. */
const char *words_split(struct bytes line, struct words *out);
void words_free(struct words *words);

#endif
