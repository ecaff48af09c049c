/* SPDX-License-Identifier: BSD-2-Clause */
/* Ctrl-C takes the running request back; a closed pipe is an error like others. */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

#include "client/mgr.h"

/* SIGINT, SIGTERM and SIGHUP interrupt; a second one ends at once. SIGPIPE is ignored. */
void signals_init(void);
/* The client whose calls are interrupted; NULL: none. */
void signals_watch(struct mgr *m);
bool signals_interrupted(void);
/* Forgets an interrupt: the shell goes on. */
void signals_clear(void);
/* Writes this line to standard error if it is still there in a while; NULL: no more. It must live
 * as long. */
void signals_remind(const char *line);
/* As this process was before signals_init: for a child. */
void signals_restore(void);

#endif
