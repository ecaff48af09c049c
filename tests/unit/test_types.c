/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests that the table of types is complete, keeps its numbers, and names operations that exist. */
#include <check.h>
#include <ctype.h>

#include "wire/proto/ops.h"

Suite *suite_types(void);

/* Numbers are on the wire and in journals: lines may be added here, and never change. */
static const struct {
    unsigned number;
    const char *name;
} pinned[] = {
    {2, "dict"},       {3, "list"},     {4, "set"},    {5, "namespace"}, {6, "value"},
    {7, "array"},      {8, "event"},    {9, "lock"},   {10, "rlock"},    {11, "semaphore"},
    {12, "condition"}, {13, "barrier"}, {14, "queue"}, {15, "pipe"},
};

START_TEST(numbers_never_change)
{
    for (size_t i = 0; i < sizeof pinned / sizeof pinned[0]; i++) {
        ck_assert_uint_eq(type_number(bytes_text(pinned[i].name)), pinned[i].number);
        ck_assert_str_eq(type_name(pinned[i].number), pinned[i].name);
    }
}
END_TEST

START_TEST(looked_up_by_number_and_name)
{
    for (unsigned number = 0; number <= TYPE_COUNT; number++) {
        const struct type_row *row = type_row(number);
        ck_assert_ptr_eq(type_name(number), row == NULL ? NULL : row->name);
        if (row == NULL)
            continue;
        ck_assert_uint_eq(row->number, number);
        ck_assert_uint_gt(strlen(row->help), 0);
        ck_assert_ptr_eq(type_find(bytes_text(row->name)), row);
        ck_assert_uint_eq(type_number(bytes_text(row->name)), number);
        ck_assert_uint_eq(type_flags(row->name), row->flags);
    }
}
END_TEST

START_TEST(no_types)
{
    static const char *const names[] = {"", "object", "server", "session", "dic", "dictx", "DICT"};
    ck_assert_ptr_null(type_row(TYPE_SERVER));
    ck_assert_ptr_null(type_row(TYPE_OBJECT));
    ck_assert_ptr_null(type_row(TYPE_COUNT));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        ck_assert_ptr_null(type_find(bytes_text(names[i])));
        ck_assert_uint_eq(type_number(bytes_text(names[i])), 0);
        ck_assert_uint_eq(type_flags(names[i]), 0);
    }
}
END_TEST

/* TYPE_DICT is "dict". */
START_TEST(constant_is_name)
{
    static const struct {
        const char *upper, *lower;
    } names[] = {
#define TYPE(NAME, name, ...) {#NAME, #name},
#include "wire/proto/types.def"
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        ck_assert_uint_eq(strlen(names[i].upper), strlen(names[i].lower));
        for (size_t k = 0; names[i].upper[k] != '\0'; k++)
            ck_assert_int_eq(tolower((unsigned char)names[i].upper[k]), names[i].lower[k]);
    }
}
END_TEST

START_TEST(every_type_has_operations_and_every_operation_a_type)
{
    bool seen[TYPE_COUNT] = {false};
    for (const struct op_row *op = op_next(NULL); op != NULL; op = op_next(op)) {
        unsigned number = op->number / OP_NUMBERS_OF_TYPE;
        seen[number] = true;
        if (number > TYPE_OBJECT)
            ck_assert_msg(type_row(number) != NULL, "%s %s", op->type, op->method);
    }
    for (unsigned number = 0; number < TYPE_COUNT; number++)
        ck_assert_msg(type_row(number) == NULL || seen[number], "%s", type_name(number));
}
END_TEST

static const struct op_row *operation_of(const struct type_row *type, const char *words)
{
    const struct op_row *op = op_find_words(words);
    ck_assert_msg(op != NULL && strcmp(op->type, type->name) == 0, "%s: %s", type->name, words);
    return op;
}

/* What is dumped has to come back. */
START_TEST(content_can_be_put_in)
{
    for (unsigned number = 0; number < TYPE_COUNT; number++) {
        const struct type_row *type = type_row(number);
        if (type == NULL)
            continue;
        ck_assert_msg((type->put_all == NULL && type->put_one == NULL) ==
                          (type->content == CONTENT_STATE),
                      "%s", type->name);
        if (type->put_all != NULL)
            ck_assert_ptr_nonnull(op_arg(operation_of(type, type->put_all), "items"));
        if (type->put_one == NULL)
            continue;
        const struct op_row *op = operation_of(type, type->put_one);
        ck_assert_ptr_nonnull(op_arg(op, "value"));
        ck_assert_uint_ge(op->arg_count, 2);
        ck_assert_int_eq(op_arg(op, "value") == &op->args[1], type->content != CONTENT_PAIRS);
    }
}
END_TEST

Suite *suite_types(void)
{
    Suite *suite = suite_create("types");
    TCase *table = tcase_create("table");
    tcase_add_test(table, numbers_never_change);
    tcase_add_test(table, looked_up_by_number_and_name);
    tcase_add_test(table, no_types);
    tcase_add_test(table, constant_is_name);
    tcase_add_test(table, every_type_has_operations_and_every_operation_a_type);
    tcase_add_test(table, content_can_be_put_in);
    suite_add_tcase(suite, table);
    return suite;
}
