/* SPDX-License-Identifier: BSD-2-Clause */
/* Features of the protocol: what a daemon says that it knows, and what a client may send it. */
#ifndef WIRE_FEATURES_H
#define WIRE_FEATURES_H

#include <stdint.h>

#include "wire/base/bytes.h"

enum feature {
#define FEATURE(name, word, meaning) FEATURE_##name,
#include "wire/proto/features.def"
#undef FEATURE
    FEATURE_COUNT
};

struct feature_row {
    const char *word; /* in Welcome.features */
    const char *meaning;
};

/* Those that a peer knows: a bit for each, 1 << FEATURE_NAME. */
typedef uint32_t feature_set;

/* All rows in their order, FEATURE_COUNT of them. */
const struct feature_row *feature_rows(void);
/* All words, as Welcome.features has them. */
struct bytes features_text(void);
/* Those among the words of a Welcome that this side knows. */
feature_set features_read(struct bytes text);

#endif
