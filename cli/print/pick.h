/* SPDX-License-Identifier: BSD-2-Clause */
/* Paths into values: db.port, hosts[0], ['odd key'], [-1]. */
#ifndef CLI_PICK_H
#define CLI_PICK_H

#include "wire/base/bytes.h"

enum pick_status { PICK_OK, PICK_MISSING, PICK_BAD };

/* The part of a value that the path names; borrowed from it. MISSING, BAD: *at is the offset in the
 * path of the step that leads nowhere, or that is none. A name is a str key; in brackets stands an
 * index of a list or tuple, or the literal of a key. */
enum pick_status pick(struct bytes value, const char *path, struct bytes *out, size_t *at);

#endif
