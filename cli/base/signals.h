/* SPDX-License-Identifier: BSD-2-Clause */
/* Ctrl-C takes the running request back; a closed pipe is an error like others. */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

#include "client/mgr.h"

/* SIGINT, SIGTERM and SIGHUP interrupt; a second one ends at once. */
void signals_init(void);
/* Where the client stands whose calls are interrupted, also while it is being opened; NULL: none.
 */
void signals_watch(struct mgr *const *m);
bool signals_interrupted(void);
/* It was SIGTERM or SIGHUP: not only this command shall end. */
bool signals_ended(void);
/* Forgets an interrupt: the shell goes on. */
void signals_clear(void);
/* As this process was before signals_init and inherited_prepare: for a child. */
void signals_restore(void);

#endif
