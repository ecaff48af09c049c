/* SPDX-License-Identifier: BSD-2-Clause */
/* Every picture that a power failure can leave of a recorded run, read back. */
#ifndef TESTS_SUPPORT_POWER_H
#define TESTS_SUPPORT_POWER_H

#include "tests/support/journal_kit.h"
#include "tests/support/tape.h"

/* What was told to somebody: after so many events this revision must not be lost any more. */
struct acked {
    size_t events;
    uint64_t revision;
};

enum { POWER_ACKED = 4096 };

struct power {
    struct tape tape;
    struct io io;
    struct points points;
    struct acked acked[POWER_ACKED];
    unsigned acked_count;
    /* counted */
    unsigned images, different, refused, lost, strange;
    char first[512]; /* what was wrong with the first bad one */
};

void power_init(struct power *power);
void power_free(struct power *power);
/* This revision is durable as of now. */
void power_ack(struct power *power, uint64_t revision);
/* As if the process had been killed after so many events: what is in the directory then, and only
 * that, is known. */
void power_kill(struct power *power, size_t events, int dir);

/* As if power had failed after so many events, with a random outcome: that is in the directory
 * then, and on the disk; where it counted, the last acknowledged revision stays so. */
void power_fail(struct power *power, size_t events, uint64_t seed, int dir);

/* Tries every picture after each event from `from` on: nothing lost, everything, each pending
 * event alone, each write torn at each sector. */
void power_try_all(struct power *power, size_t from);
/* So many pictures of random events, with random fates. */
void power_try_random(struct power *power, unsigned count, uint64_t seed);
/* Pictures that are not as they have to be. */
unsigned power_bad(const struct power *power);

#endif
