/* SPDX-License-Identifier: BSD-2-Clause */
/* A reply as a slot keeps it, read back into a result. */
#ifndef TESTS_SUPPORT_MEMBER_H
#define TESTS_SUPPORT_MEMBER_H

#include "wire/proto/reply.h"

/* Aborts the test when it is malformed. What it points to is in member. */
struct result member_read(struct bytes member);

#endif
