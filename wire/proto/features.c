/* SPDX-License-Identifier: BSD-2-Clause */
/* Features are named by words rather than numbers: nobody has to agree on the next free number,
 * and a capture of the traffic shows what a daemon knows. */
#include "wire/proto/features.h"

#include <assert.h>
#include <string.h>

static_assert(FEATURE_COUNT <= sizeof(feature_set) * 8, "a bit for each feature");

static const struct feature_row rows[FEATURE_COUNT] = {
#define FEATURE(name, word, meaning) {word, meaning},
#include "wire/proto/features.def"
#undef FEATURE
};

/* All words, each followed by a space. */
static const char text[] =
#define FEATURE(name, word, meaning) word " "
#include "wire/proto/features.def"
#undef FEATURE
    ;

const struct feature_row *feature_rows(void)
{
    return rows;
}

struct bytes features_text(void)
{
    return bytes_of((const uint8_t *)text, sizeof text - sizeof(" "));
}

/* The bit of a word; 0: unknown. */
static feature_set feature_bit(struct bytes word)
{
    for (unsigned i = 0; i < FEATURE_COUNT; i++)
        if (strlen(rows[i].word) == word.len && memcmp(rows[i].word, word.data, word.len) == 0)
            return (feature_set)1 << i;
    return 0;
}

feature_set features_read(struct bytes given)
{
    feature_set set = 0;
    size_t start = 0;
    for (size_t at = 0; at < given.len; at++) {
        if (given.data[at] == ' ') {
            set |= feature_bit(bytes_of(given.data + start, at - start));
            start = at + 1;
        }
    }
    if (start < given.len)
        set |= feature_bit(bytes_of(given.data + start, given.len - start));
    return set;
}
