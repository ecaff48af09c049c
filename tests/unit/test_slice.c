/* SPDX-License-Identifier: BSD-2-Clause */
/* Slices: every border and step that matters, as CPython cuts them. */
#include <check.h>
#include <stdio.h>

#include "daemon/objects/handlers.h"
#include "tests/support/call.h"

#define HUGE "1180591620717411303424"

static const char *const slice_borders[] = {NULL, "-" HUGE, "-6", "-4", "-1",
                                            "0",  "1",      "3",  "5",  HUGE};
static const char *const slice_steps[] = {NULL, "-" HUGE, "-9223372036854775808", "-2", "-1", "1",
                                          "2",  "3",      "9223372036854775807",  HUGE};

/* Positions, by length, step, start and stop. */
static const char *const slice_rows[] = {
#include "tests/support/slice_rows.def"
};

enum {
    BORDERS = sizeof slice_borders / sizeof slice_borders[0],
    STEPS = sizeof slice_steps / sizeof slice_steps[0],
    LENGTHS = 4, /* 0, 1, 2 and 5 items */
};

static size_t add_arg(char *args, size_t room, const char *name, const char *value)
{
    return value == NULL ? 0 : (size_t)snprintf(args, room, "|%s=%s", name, value);
}

/* "024" as "[0, 2, 4]". */
static const char *positions(const char *digits)
{
    static _Thread_local char text[64];
    size_t len = 0;
    for (; *digits != '\0'; digits++) {
        len +=
            (size_t)snprintf(text + len, sizeof text - len, "%s%c", len == 0 ? "" : ", ", *digits);
    }
    static _Thread_local char list[80];
    snprintf(list, sizeof list, "[%.*s]", (int)len, text);
    return list;
}

START_TEST(slices_as_cpython)
{
    static const char *const inits[] = {"[]", "[0]", "[0, 1]", "[0, 1, 2, 3, 4]"};
    struct world w;
    size_t row = 0;
    world_init(&w, objects_handlers());
    for (size_t l = 0; l < LENGTHS; l++) {
        char name[] = {'l', (char)('0' + l), '\0'};
        world_create(&w, "list", name, inits[l]);
        for (size_t i = 0; i < (size_t)STEPS * BORDERS * BORDERS; i++) {
            char args[200] = "name=";
            size_t len = 5 + (size_t)snprintf(args + 5, 8, "%s", name);
            len +=
                add_arg(args + len, sizeof args - len, "step", slice_steps[i / BORDERS / BORDERS]);
            len += add_arg(args + len, sizeof args - len, "start",
                           slice_borders[i / BORDERS % BORDERS]);
            add_arg(args + len, sizeof args - len, "stop", slice_borders[i % BORDERS]);
            const char *got = world_show(&w, call(&w, 0, "list.slice", args));
            ck_assert_msg(strcmp(got, positions(slice_rows[row])) == 0, "%s: %s, not %s", args, got,
                          positions(slice_rows[row]));
            row++;
        }
    }
    ck_assert_uint_eq(row, sizeof slice_rows / sizeof slice_rows[0]);
    world_free(&w);
}
END_TEST

Suite *suite_slice(void);

Suite *suite_slice(void)
{
    Suite *suite = suite_create("slice");
    TCase *tcase = tcase_create("slice");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, slices_as_cpython);
    suite_add_tcase(suite, tcase);
    return suite;
}
