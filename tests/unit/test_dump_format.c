/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests that a dump has a place for everything: each type and each parameter of object create. */
#include <check.h>
#include <stdio.h>

#include "cli/dump/dump_format.h"
#include "wire/proto/ops.h"

Suite *suite_dump_format(void);

/* Operations are looked up by the words that are called. */
static const struct op_row *find_operation(const char *words)
{
    char type[32];
    const char *space = strchr(words, ' ');
    ck_assert_ptr_nonnull(space);
    snprintf(type, sizeof type, "%.*s", (int)(space - words), words);
    return op_find(type, space + 1);
}

static bool has_argument(const struct op_row *row, const char *name)
{
    for (unsigned i = 0; i < row->arg_count; i++)
        if (strcmp(row->args[i].name, name) == 0)
            return true;
    return false;
}

START_TEST(test_every_type)
{
    for (const struct op_row *row = op_next(NULL); row != NULL; row = op_next(row))
        if (row->number / 64 > TYPE_OBJECT)
            ck_assert_msg(dump_type_find(bytes_text(row->type)) != NULL, "%s", row->type);
    ck_assert_ptr_null(dump_type_find(bytes_text("tree")));
    ck_assert_ptr_null(dump_type_find(bytes_text("")));
}
END_TEST

START_TEST(test_every_parameter)
{
    static const char *const others[] = {"name", "type", "init", "if_absent"};
    const struct op_row *create = op_find("object", "create");
    for (unsigned i = 0; i < create->arg_count; i++) {
        bool found = false;
        for (size_t k = 0; k < sizeof others / sizeof others[0]; k++)
            found = found || strcmp(create->args[i].name, others[k]) == 0;
        for (const struct op_row *row = op_next(NULL); row != NULL && !found; row = op_next(row))
            for (const struct dump_param *at = NULL; (at = dump_param_next(row->type, at)) != NULL;)
                found =
                    found || (at->create != NULL && strcmp(at->create, create->args[i].name) == 0);
        ck_assert_msg(found, "%s is in no dump", create->args[i].name);
    }
}
END_TEST

START_TEST(test_operations)
{
    for (const struct op_row *row = op_next(NULL); row != NULL; row = op_next(row)) {
        const struct dump_type *type = dump_type_find(bytes_text(row->type));
        const struct dump_param *at = NULL;
        if (type == NULL)
            continue;
        if (type->put_all != NULL)
            ck_assert(has_argument(find_operation(type->put_all), "items"));
        if (type->put_one != NULL)
            ck_assert(has_argument(find_operation(type->put_one), "value"));
        if (type->key != NULL)
            ck_assert(has_argument(find_operation(type->put_one), type->key));
        while ((at = dump_param_next(row->type, at)) != NULL) {
            ck_assert((at->create == NULL) == (at->operation != NULL));
            if (at->create != NULL)
                ck_assert(has_argument(op_find("object", "create"), at->create));
            else
                ck_assert_ptr_nonnull(find_operation(at->operation));
            ck_assert_ptr_eq(dump_param_find(row->type, bytes_text(at->field)), at);
        }
    }
    ck_assert_ptr_null(dump_param_find("dict", bytes_text("maxsize")));
    ck_assert_ptr_nonnull(dump_param_find("queue", bytes_text("maxsize")));
}
END_TEST

Suite *suite_dump_format(void)
{
    Suite *suite = suite_create("dump_format");
    TCase *rows = tcase_create("rows");
    tcase_add_test(rows, test_every_type);
    tcase_add_test(rows, test_every_parameter);
    tcase_add_test(rows, test_operations);
    suite_add_tcase(suite, rows);
    return suite;
}
