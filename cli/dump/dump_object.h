/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines of one object. */
#ifndef CLI_DUMP_OBJECT_H
#define CLI_DUMP_OBJECT_H

#include "cli/dump/dump_names.h"

/* What became of an object. */
enum dump_fate {
    DUMP_WRITTEN,
    DUMP_GONE,     /* it is not there any more: nothing was printed, and nothing reported */
    DUMP_LEFT_OUT, /* it cannot be read, as it is: nothing was printed, all others can be */
    DUMP_TORN,     /* a part of it was printed, or nothing more can be asked for */
};

/* Prints all lines of an object that the daemon calls so. The exit code: reported. */
int dump_object(struct cli *cli, struct dump_names *names, const char *name, enum dump_fate *fate)
    __attribute__((warn_unused_result));

#endif
