/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of objects, page by page. */
#ifndef CLI_LISTING_H
#define CLI_LISTING_H

#include "cli/base/cli.h"

/* What to list; NULL or false: not asked for. */
struct listing {
    const char *glob, *type;
    bool rows;      /* dicts instead of names */
    uint64_t limit; /* of a page; 0: the daemon's */
};

/* One item of the list; not 0 ends the listing with that exit code. */
typedef int listing_fn(void *arg, struct mgr_view item);

/* Calls fn for each. A failed call is reported. */
int listing_each(struct cli *cli, const struct listing *listing, listing_fn *fn, void *arg)
    __attribute__((warn_unused_result));

#endif
