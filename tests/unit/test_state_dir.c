/* SPDX-License-Identifier: BSD-2-Clause */
/* The state directory: whose it is, who has it, and a ceiling that is believed only when it was
 * written here. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/store/state_dir.h"
#include "tests/support/journal_kit.h"
#include "tests/support/must.h"

static char path[KIT_PATH];
static int dir;
static struct state_dir state;

static void set_up(void)
{
    dir = kit_dir_make(path);
}

static void tear_down(void)
{
    kit_dir_remove(path, dir);
}

static void must_refuse(const char *text)
{
    struct buf why;
    buf_init(&why);
    ck_assert_msg(!state_dir_open(&state, path, &why), "not refused: %s", text);
    ck_assert_msg(strstr(kit_text(&why), text) != NULL, "%s", kit_text(&why));
    buf_free(&why);
}

static void must_open(void)
{
    struct buf why;
    buf_init(&why);
    ck_assert_msg(state_dir_open(&state, path, &why), "%s", kit_text(&why));
    buf_free(&why);
}

static bool covers(uint64_t revision)
{
    struct buf why;
    buf_init(&why);
    bool raised = state_dir_raise_ceiling(&state, revision, &why);
    buf_free(&why);
    return raised;
}

START_TEST(the_ceiling_is_read_back)
{
    must_open();
    ck_assert_uint_eq(state.ceiling, 0);
    ck_assert(covers(UINT64_C(1) << 62));
    uint64_t ceiling = state.ceiling;
    state_dir_close(&state);
    must_open();
    ck_assert_uint_eq(state.ceiling, ceiling);
    ck_assert_uint_gt(state_dir_floor(&state), UINT64_C(1) << 62);
    state_dir_close(&state);
}
END_TEST

/* A number alone, or with one digit changed, was taken: tokens could repeat. */
START_TEST(junk_is_no_ceiling)
{
    static const char *const junk[] = {"", "7\n", "hello\n", "18446744073709551615\n",
                                       "7 0000000000000000\n"};
    struct buf file;
    must_open();
    must(covers(1000));
    state_dir_close(&state);
    kit_read(dir, "ceiling", &file);
    for (size_t i = 0; i < file.len; i++) {
        file.data[i] ^= 1;
        kit_write(dir, "ceiling", buf_bytes(&file));
        must_refuse("ceiling: damaged");
        file.data[i] ^= 1;
    }
    for (size_t i = 0; i < sizeof junk / sizeof junk[0]; i++) {
        kit_write(dir, "ceiling", bytes_text(junk[i]));
        must_refuse("remove it");
    }
    /* of format 1: whoever removes it as damaged has not been told how to move what is beside it */
    kit_write(dir, "ceiling", bytes_text("1796097729415987021\n"));
    must_refuse("To move the objects");
    kit_write(dir, "ceiling", buf_bytes(&file));
    must_open();
    state_dir_close(&state);
    buf_free(&file);
}
END_TEST

static void files_may_have(rlim_t bytes)
{
    struct rlimit limit;
    must(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    limit.rlim_cur = bytes;
    must(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

/* A disk that took a part of it was no failure, by an errno of something else, if that was 0: the
 * ceiling counted, and was not there after a restart. And a full one was tried in every turn. */
START_TEST(half_a_ceiling_is_none)
{
    struct buf why;
    buf_init(&why);
    must_open();
    must(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    files_may_have(5);
    errno = 0;
    ck_assert(!state_dir_raise_ceiling(&state, 1000, &why));
    ck_assert_str_eq(kit_text(&why), "state: ceiling: File too large");
    ck_assert_uint_eq(state.ceiling, 0);
    ck_assert_int_ne(faccessat(dir, "ceiling", F_OK, 0), 0);
    files_may_have(RLIM_INFINITY);
    buf_reset(&why, 0);
    ck_assert(!state_dir_raise_ceiling(&state, 1000, &why)); /* it rests */
    ck_assert_str_eq(kit_text(&why), "state: ceiling: File too large");
    ck_assert_uint_gt(state.rest_until_ms, 0);
    state.rest_until_ms = 1; /* over */
    ck_assert(covers(1000));
    ck_assert_uint_gt(state.ceiling, 1000);
    ck_assert_uint_eq(state.rest_until_ms, 0);
    state_dir_close(&state);
    buf_free(&why);
}
END_TEST

/* What would be refused at the next start is never written. */
START_TEST(no_ceiling_is_written_that_cannot_be_read)
{
    must_open();
    for (uint64_t below = 1; below != 0; below <<= 1) {
        if (covers(UINT64_MAX - below)) {
            state_dir_close(&state);
            must_open();
        }
    }
    ck_assert(!covers(UINT64_MAX - 1));
    state_dir_close(&state);
    must_open();
    state_dir_close(&state);
}
END_TEST

START_TEST(one_at_a_time)
{
    char text[80];
    must_open();
    struct state_dir first = state;
    snprintf(text, sizeof text, "another mgrd uses it, pid %d", (int)getpid());
    must_refuse(text);
    state_dir_close(&first);
    must_open();
    state_dir_close(&state);
}
END_TEST

/* Who may put a link there chose which file is emptied. */
START_TEST(links_are_not_followed)
{
    static const char *const names[] = {"lock", "ceiling"};
    struct buf file;
    kit_write(dir, "victim", bytes_text("precious"));
    for (int i = 0; i < 2; i++) {
        must(symlinkat("victim", dir, names[i]) == 0);
        must_refuse("symbolic link");
        must(unlinkat(dir, names[i], 0) == 0);
    }
    must(symlinkat("victim", dir, "ceiling.new") == 0);
    must_open();
    must(covers(1000));
    state_dir_close(&state);
    kit_read(dir, "victim", &file);
    ck_assert(bytes_equal(buf_bytes(&file), bytes_text("precious")));
    buf_free(&file);
}
END_TEST

START_TEST(what_others_may_write_is_refused)
{
    must(fchmod(dir, 0777) == 0);
    must_refuse("every user may write it");
    must(fchmod(dir, 0700) == 0);
    must_open();
    state_dir_close(&state);
    must(fchmodat(dir, "lock", 0666, 0) == 0);
    must_refuse("/lock: every user may write it");
    must(fchmodat(dir, "lock", 0600, 0) == 0);
    if (geteuid() != 0) {
        puts("skip: only root can give files away");
        return;
    }
    must(fchownat(dir, "lock", 12345, 12345, 0) == 0);
    must_refuse("belongs to the user 12345");
    must(fchownat(dir, "lock", 0, 0, 0) == 0);
    must(fchown(dir, 12345, 12345) == 0);
    must_refuse("belongs to the user 12345");
    must(fchown(dir, 0, 0) == 0);
}
END_TEST

Suite *suite_state_dir(void);
Suite *suite_state_dir(void)
{
    Suite *suite = suite_create("state_dir");
    TCase *tc = tcase_create("state_dir");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, the_ceiling_is_read_back);
    tcase_add_test(tc, junk_is_no_ceiling);
    tcase_add_test(tc, no_ceiling_is_written_that_cannot_be_read);
    tcase_add_test(tc, half_a_ceiling_is_none);
    tcase_add_test(tc, one_at_a_time);
    tcase_add_test(tc, links_are_not_followed);
    tcase_add_test(tc, what_others_may_write_is_refused);
    suite_add_tcase(suite, tc);
    return suite;
}
