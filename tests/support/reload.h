/* SPDX-License-Identifier: BSD-2-Clause */
/* A world saved, and read back into another engine. */
#ifndef TESTS_SUPPORT_RELOAD_H
#define TESTS_SUPPORT_RELOAD_H

#include "tests/support/world.h"

/* A writer to a buffer. */
struct writer reload_writer(struct buf *out);
/* The engine's state, to be freed with buf_free. */
void reload_save(const struct engine *engine, struct buf *out);
/* A world with the same clients whose engine is read from that state, with another hash key. */
void reload(const struct world *w, struct bytes state, struct world *again);
/* Aborts unless the state can be read back, and is the same then: every life has to end so. */
void reload_must_agree(struct world *w);
/* The state, saved and read back, is the same, and the life goes on with that one, in slices as
 * large as before. */
void reload_go_on(struct world *w);
/* Both were just told the same. */
bool reload_same_seen(const struct world *a, const struct world *b);

#endif
