/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines of one object. */
#ifndef CLI_DUMP_OBJECT_H
#define CLI_DUMP_OBJECT_H

#include "cli/dump_names.h"

/* Prints all lines of an object that the daemon calls so. The exit code: reported. *gone: it is not
 * there any more, and nothing was printed; that is not reported. */
int dump_object(struct cli *cli, struct dump_names *names, const char *name, bool *gone)
    __attribute__((warn_unused_result));

#endif
