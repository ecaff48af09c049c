/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of a client: given, from the environment, or the default. */
#ifndef CLIENT_OPTIONS_H
#define CLIENT_OPTIONS_H

#include "client/internal.h"

/* Fills what m keeps of them. options may be NULL. Else error says which one is wrong. */
enum mgr_status options_take(struct mgr *m, const struct mgr_options *options);

/* Whether the token in the environment is one of another daemon: it is at another address, and has
 * other data. One of the two alone may be the same daemon. */
bool options_is_stranger(const struct mgr *m);

/* Who this is, for people: the option, the variable, or this process; NULL: no memory. The caller
 * frees it. */
char *options_client(const char *option);

#endif
