/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of a client: given, from the environment, or the default. */
#ifndef CLIENT_OPTIONS_H
#define CLIENT_OPTIONS_H

#include "client/internal.h"

/* Fills what m keeps of them. options may be NULL. Else error says which one is wrong. */
enum mgr_status options_take(struct mgr *m, const struct mgr_options *options);

/* The first welcome has come, m->state_id is set: a token in the environment that is of another
 * daemon is not required from here on. */
void options_meet(struct mgr *m);

/* Puts the token of the environment back, after mgr_require. False: it is of another daemon, and is
 * not required. */
bool options_inherit(struct mgr *m);

/* Who this is, for people: the option, the variable, or this process; NULL: no memory. The caller
 * frees it. */
char *options_client(const char *option);

#endif
