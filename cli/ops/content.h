/* SPDX-License-Identifier: BSD-2-Clause */
/* The whole content of an object, as one value or piece by piece. */
#ifndef CLI_CONTENT_H
#define CLI_CONTENT_H

#include "cli/base/cli.h"
#include "wire/proto/types.h"

/* What an object is. */
struct content {
    const struct type_row *type; /* NULL: this mgrctl does not know it */
    char typecode[4];            /* of an array, else "" */
    uint64_t revision;           /* of its last change */
};

/* Asks what an object is; nothing is reported. */
enum mgr_status content_describe(struct cli *cli, const char *name, struct content *out)
    __attribute__((warn_unused_result));

/* One item; key is empty but for dicts and namespaces. Not 0 ends the walk. */
typedef int content_fn(void *arg, struct bytes key, struct bytes value);
/* Calls fn for each item; *code is what it gave at last. */
enum mgr_status content_each(struct cli *cli, const char *name, content_fn *fn, void *arg,
                             int *code) __attribute__((warn_unused_result));

/* Whether it is one value and no row of items: a value, and the state of what programs wait with.
 */
bool content_is_one(const struct content *content);

/* Puts all of it as one value: a dict for dicts and namespaces, a list for lists, arrays and
 * queues, a set, or what there is but one of. */
enum mgr_status content_collect(struct cli *cli, const char *name, const struct content *content,
                                struct buf *out) __attribute__((warn_unused_result));

/* The same with the content of referenced objects in place of references, at most so deep. Where an
 * object is inside itself, or deeper, or gone, its reference stays. */
enum { CONTENT_DEPTH = 16 };
enum mgr_status content_deep(struct cli *cli, const char *name, const struct content *content,
                             struct buf *out) __attribute__((warn_unused_result));

#endif
