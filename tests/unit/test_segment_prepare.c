/* SPDX-License-Identifier: BSD-2-Clause */
/* The next segment is made as soon as there is room, and a descriptor, for it. */
#include <errno.h>
#include <stdatomic.h>
#include <unistd.h>

#include "daemon/journal/segment_prepare.h"
#include "tests/support/journal_kit.h"
#include "tests/support/must.h"

enum { BYTES = 1 << 16, LOOKS = 10000 };

static atomic_int fatal; /* what was called fatal */

static void failed(const char *name, int error)
{
    (void)name;
    fatal = error;
}

static bool comes(bool (*is)(struct segment_prepare *spare), struct segment_prepare *spare)
{
    for (int i = 0; i < LOOKS && fatal == 0; i++) {
        if (is(spare))
            return true;
        usleep(1000);
    }
    return false;
}

/* Clients that take all descriptors must not end the daemon. */
START_TEST(what_passes_is_waited_for)
{
    static const int errors[] = {ENOSPC, EDQUOT, EMFILE, ENFILE};
    struct io io = {.fail_ops = 1u << IO_CREATE, .fail_error = errors[_i]};
    char path[KIT_PATH];
    int dir = kit_dir_make(path);
    struct segment_prepare *spare = segment_prepare_new(&(struct segment_prepare_options){
        .io = &io, .dir = dir, .number = 1, .bytes = BYTES, .failed = failed});
    must(spare != NULL);
    ck_assert_msg(comes(segment_prepare_short, spare), "ended by error %d", fatal);
    ck_assert(!segment_prepare_ready(spare));
    atomic_store(&io.fail_ops, 0);
    ck_assert_msg(comes(segment_prepare_ready, spare), "ended by error %d", fatal);
    segment_prepare_free(spare);
    kit_dir_remove(path, dir);
}
END_TEST

Suite *suite_segment_prepare(void);
Suite *suite_segment_prepare(void)
{
    Suite *suite = suite_create("segment_prepare");
    TCase *tc = tcase_create("spare");
    tcase_set_timeout(tc, 30);
    tcase_add_loop_test(tc, what_passes_is_waited_for, 0, 4);
    suite_add_tcase(suite, tc);
    return suite;
}
