/* SPDX-License-Identifier: BSD-2-Clause */
/* The refs that one object contains, dropped and saved. Only engine/ includes this. */
#ifndef ENGINE_REFS_H
#define ENGINE_REFS_H

#include <stdbool.h>
#include <stddef.h>

struct ctx;
struct engine;
struct reader;
struct refs;
struct writer;

enum { REFS_AT_ONCE = 64 }; /* more are dropped in slices, by GC commands */

/* Drops up to max refs of what is in gc.dying, from the end; gives how many. */
size_t refs_shed(struct ctx *ctx, struct refs *refs, size_t max);
/* gc.dying, in its order. */
void refs_save_dying(const struct refs *first, struct writer *out);
bool refs_load_dying(struct engine *engine, struct reader *in);
/* Only the memory. */
void refs_release(struct engine *engine, struct refs *refs);

#endif
