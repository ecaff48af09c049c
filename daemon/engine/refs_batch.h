/* SPDX-License-Identifier: BSD-2-Clause */
/* The refs of a value, a few at a time: where each of them leads to is somewhere in memory, and is
 * fetched into the cache for all of the few before the first one is looked at. Nothing but speed
 * depends on it. Only ref*.c include this. */
#ifndef ENGINE_REFS_BATCH_H
#define ENGINE_REFS_BATCH_H

#include "wire/base/bytes.h"

struct engine;
struct refs;

typedef void ref_ref_fn(void *arg, uint64_t ref);

/* Calls fn for each ref, in order. refs: where they are looked for, too; may be NULL. */
void refs_batch_each(const struct engine *engine, const struct refs *refs, struct bytes value,
                     ref_ref_fn *fn, void *arg);
/* The refs that are about to be shed, the last one first. */
void refs_batch_ahead(const struct engine *engine, const struct refs *refs);

#endif
