/* SPDX-License-Identifier: BSD-2-Clause */
/* Edits from one word to another. */
#include "wire/base/nearest.h"

#include <string.h>

enum { WORD_MAX = 31 }; /* longer words are not compared */

/* Edit distance: characters inserted, deleted or replaced, or two neighbours swapped. */
static unsigned distance(struct bytes a, struct bytes b)
{
    unsigned table[WORD_MAX + 1][WORD_MAX + 1];
    for (unsigned i = 0; i <= a.len; i++)
        table[i][0] = i;
    for (unsigned j = 0; j <= b.len; j++)
        table[0][j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        for (size_t j = 1; j <= b.len; j++) {
            unsigned change = table[i - 1][j - 1] + (a.data[i - 1] != b.data[j - 1]);
            unsigned left_out = table[i - 1][j] + 1;
            unsigned put_in = table[i][j - 1] + 1;
            unsigned best = left_out < put_in ? left_out : put_in;
            best = change < best ? change : best;
            if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] &&
                a.data[i - 2] == b.data[j - 1] && table[i - 2][j - 2] + 1 < best)
                best = table[i - 2][j - 2] + 1;
            table[i][j] = best;
        }
    }
    return table[a.len][b.len];
}

void nearest_begin(struct nearest *nearest, struct bytes word)
{
    unsigned limit = ((unsigned)word.len + 2) / 4; /* more edits: another word */
    *nearest = (struct nearest){word, limit > 0 ? limit : 1};
}

bool nearest_offer(struct nearest *nearest, struct bytes candidate)
{
    if (nearest->word.len > WORD_MAX || candidate.len > WORD_MAX)
        return false;
    bool begun = nearest->word.len > 1 && nearest->word.len < candidate.len &&
                 memcmp(nearest->word.data, candidate.data, nearest->word.len) == 0;
    unsigned edits = begun ? 1 : distance(nearest->word, candidate);
    if (edits > nearest->limit || edits >= candidate.len)
        return false;
    nearest->limit = edits - (edits > 0);
    return true;
}
