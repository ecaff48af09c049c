/* SPDX-License-Identifier: BSD-2-Clause */
/* Features of the protocol: what a daemon announces, and so what a client may send to it. */
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
    const char *word; /* as in Welcome.features */
    const char *meaning;
};

/* A set of features: the bit of a feature is 1 << FEATURE_NAME. */
typedef uint32_t feature_set;

/* All rows in order, FEATURE_COUNT of them. */
const struct feature_row *feature_rows(void);
/* All words, as Welcome.features contains them. */
struct bytes features_text(void);
/* The known features among the words of a Welcome. */
feature_set features_read(struct bytes text);

#endif
