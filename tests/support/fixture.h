/* SPDX-License-Identifier: BSD-2-Clause */
/* A journal kept as text: its files as hex digits without runs of zeros, and the state that they
 * lead to. */
#ifndef TESTS_SUPPORT_FIXTURE_H
#define TESTS_SUPPORT_FIXTURE_H

#include "tests/support/journal_kit.h"

/* What has to come back. */
struct fixture {
    uint64_t revision;
    uint8_t digest[32];
    bool clean; /* it ended in order */
};

/* Writes what is in the directory. */
void fixture_write(const char *path, int dir, const struct fixture *fixture);
/* Puts the files into an empty directory. */
void fixture_read(const char *path, int dir, struct fixture *fixture);

#endif
