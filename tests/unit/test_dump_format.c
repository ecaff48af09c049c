/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests that a dump has a place for each parameter of object create. */
#include <check.h>

#include "cli/dump/dump_format.h"
#include "wire/proto/ops.h"

Suite *suite_dump_format(void);

static bool is_set_by(const struct type_row *type, const char *argument)
{
    const struct dump_param *at = NULL;
    while ((at = dump_param_next(type, at)) != NULL)
        if (at->create != NULL && strcmp(at->create, argument) == 0)
            return true;
    return false;
}

START_TEST(test_every_parameter)
{
    static const char *const others[] = {"name", "type", "init", "if_absent"};
    const struct op_row *create = op_find("object", "create");
    for (unsigned i = 0; i < create->arg_count; i++) {
        bool found = false;
        for (size_t k = 0; k < sizeof others / sizeof others[0]; k++)
            found = found || strcmp(create->args[i].name, others[k]) == 0;
        for (unsigned type = 0; type < TYPE_COUNT && !found; type++)
            found = type_row(type) != NULL && is_set_by(type_row(type), create->args[i].name);
        ck_assert_msg(found, "%s is in no dump", create->args[i].name);
    }
}
END_TEST

START_TEST(test_parameters_of_types)
{
    const struct op_row *create = op_find("object", "create");
    for (unsigned number = 0; number < TYPE_COUNT; number++) {
        const struct type_row *type = type_row(number);
        const struct dump_param *at = NULL;
        while (type != NULL && (at = dump_param_next(type, at)) != NULL) {
            ck_assert((at->create == NULL) == (at->operation != NULL));
            if (at->create != NULL)
                ck_assert_ptr_nonnull(op_arg(create, at->create));
            else
                ck_assert_ptr_nonnull(op_find_words(at->operation));
            ck_assert_ptr_eq(dump_param_find(type, bytes_text(at->field)), at);
        }
    }
    ck_assert_ptr_null(dump_param_find(type_row(TYPE_DICT), bytes_text("maxsize")));
    ck_assert_ptr_nonnull(dump_param_find(type_row(TYPE_DICT), bytes_text("ttl_ms")));
    ck_assert_ptr_nonnull(dump_param_find(type_row(TYPE_QUEUE), bytes_text("maxsize")));
}
END_TEST

Suite *suite_dump_format(void)
{
    Suite *suite = suite_create("dump_format");
    TCase *rows = tcase_create("rows");
    tcase_add_test(rows, test_every_parameter);
    tcase_add_test(rows, test_parameters_of_types);
    suite_add_tcase(suite, rows);
    return suite;
}
