/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of a client: given by the caller, from the environment, or the default. */
#ifndef CLIENT_OPTIONS_H
#define CLIENT_OPTIONS_H

#include "client/internal.h"

/* Copies the options into m. options may be NULL. On failure the error text names the wrong
 * option. */
enum mgr_status options_take(struct mgr *m, const struct mgr_options *options);

/* Called after the first welcome, with m->state_id set: drops a token from the environment that
 * belongs to another daemon. */
void options_meet(struct mgr *m);

/* Requires the token from the environment again, after mgr_require changed it. False: the token
 * belongs to another daemon and is not required. */
bool options_inherit(struct mgr *m);

/* The client's name for people: the option, the variable, or user@host:pid. NULL: out of memory.
 * The caller frees it. */
char *options_client(const char *option);

#endif
