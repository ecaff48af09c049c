/* SPDX-License-Identifier: BSD-2-Clause */
/* A random life of an engine with all real types: operations, cancels, ends, collections, time. */
#ifndef TESTS_SUPPORT_LIFE_H
#define TESTS_SUPPORT_LIFE_H

#include "tests/support/world.h"

/* One request, command or passing of time. The same state and the same seed give the same one. */
void life_step(struct world *w, uint64_t *seed);

#endif
