/* SPDX-License-Identifier: BSD-2-Clause */
/* The word that somebody meant: the candidate that is the fewest edits away. The beginning of a
 * candidate is one edit away from it. */
#ifndef WIRE_NEAREST_H
#define WIRE_NEAREST_H

#include "wire/base/bytes.h"

struct nearest {
    struct bytes word; /* as it was written */
    unsigned limit;    /* edits that the next candidate may need */
};

void nearest_begin(struct nearest *nearest, struct bytes word);
/* Whether the candidate is near enough, and nearer than those before it. */
bool nearest_offer(struct nearest *nearest, struct bytes candidate);

#endif
