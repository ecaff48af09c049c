/* SPDX-License-Identifier: BSD-2-Clause */
/* The op table against the generated descriptors. */
#include "wire/proto/ops.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "ops_numbers.h"
#include "tests/support/randreq.h"

Suite *suite_ops(void);

static const struct op_row *row_of(unsigned number)
{
    const struct op_row *row = op_row(number);
    ck_assert_ptr_nonnull(row);
    return row;
}

START_TEST(test_rows_and_numbers)
{
    const struct op_row *row = NULL;
    unsigned count = 0;
    for (unsigned number = 0; number < OP_NUMBER_MAX; number++) {
        if (op_row(number) == NULL)
            continue;
        row = op_next(row);
        ck_assert_ptr_eq(row, op_row(number));
        ck_assert_uint_eq(row->number, number);
        count++;
    }
    ck_assert_ptr_null(op_next(row));
    ck_assert_uint_eq(count, wire__request__descriptor.n_fields - randreq_head_fields());
    ck_assert_ptr_null(op_row(0));
    ck_assert_ptr_null(op_row(OP_NUMBER_MAX));
    ck_assert_ptr_null(op_row(~0U));
}
END_TEST

START_TEST(test_row_is_its_message)
{
    const struct op_row *row = NULL;
    while ((row = op_next(row)) != NULL) {
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field(&wire__request__descriptor, row->number);
        char name[80];
        snprintf(name, sizeof name, "%s_%s", row->type, row->method);
        ck_assert_ptr_nonnull(field);
        ck_assert_str_eq(field->name, name);
        ck_assert_ptr_eq(field->descriptor, row->message);
    }
}
END_TEST

START_TEST(test_number_is_in_its_type)
{
    const struct op_row *row = NULL;
    while ((row = op_next(row)) != NULL) {
        unsigned type = row->number / 64;
        if (type == TYPE_SERVER)
            ck_assert(strcmp(row->type, "server") == 0 || strcmp(row->type, "session") == 0);
        else if (type == TYPE_OBJECT)
            ck_assert_str_eq(row->type, "object");
        else
            ck_assert_str_eq(row->type, type_name(type));
    }
}
END_TEST

START_TEST(test_args_are_the_fields)
{
    const struct op_row *row = NULL;
    while ((row = op_next(row)) != NULL) {
        ck_assert_uint_eq(row->arg_count, row->message->n_fields);
        for (unsigned i = 0; i < row->arg_count; i++) {
            const struct arg_row *arg = &row->args[i];
            const ProtobufCFieldDescriptor *field = &row->message->fields[i];
            bool in_oneof = (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
            ck_assert_str_eq(arg->name, field->name);
            ck_assert_uint_eq(arg->number, field->id);
            ck_assert_uint_eq(arg->offset, field->offset);
            ck_assert_uint_eq(arg->has, field->quantifier_offset);
            ck_assert(arg->in_oneof == in_oneof);
            ck_assert(!arg->required || (!in_oneof && arg->kind != ARG_BOOL));
        }
        ck_assert_ptr_null(row->args[row->arg_count].name);
    }
}
END_TEST

START_TEST(test_arg_kinds)
{
    const struct op_row *row = NULL;
    while ((row = op_next(row)) != NULL) {
        for (unsigned i = 0; i < row->arg_count; i++) {
            const struct arg_row *arg = &row->args[i];
            switch (row->message->fields[i].type) {
            case PROTOBUF_C_TYPE_BYTES:
                ck_assert(arg->kind == ARG_VALUE || arg->kind == ARG_STRING ||
                          arg->kind == ARG_BYTES);
                ck_assert_uint_eq(arg->size, sizeof(ProtobufCBinaryData));
                break;
            case PROTOBUF_C_TYPE_BOOL:
                ck_assert_int_eq(arg->kind, ARG_BOOL);
                ck_assert_uint_eq(arg->size, sizeof(protobuf_c_boolean));
                break;
            case PROTOBUF_C_TYPE_UINT32:
                ck_assert_int_eq(arg->kind, ARG_UINT);
                ck_assert_uint_eq(arg->size, 4);
                break;
            case PROTOBUF_C_TYPE_INT64:
            case PROTOBUF_C_TYPE_UINT64:
                ck_assert(arg->kind == ARG_UINT || arg->kind == ARG_INT);
                ck_assert_uint_eq(arg->size, 8);
                break;
            default:
                ck_abort_msg("%s %s: %s", row->type, row->method, arg->name);
            }
        }
    }
}
END_TEST

START_TEST(test_required)
{
    const struct op_row *get = row_of(OP_dict_get);
    const struct op_row *cas = row_of(OP_dict_cas);
    ck_assert(get->args[0].required && get->args[1].required && !get->args[2].required);
    ck_assert_int_eq(get->args[0].kind, ARG_STRING);
    ck_assert_int_eq(get->args[1].kind, ARG_VALUE);
    ck_assert(cas->args[2].required && !cas->args[3].required && !cas->args[4].required);
    ck_assert(cas->args[3].in_oneof && cas->args[4].in_oneof);
    ck_assert_int_eq(row_of(OP_object_scan)->args[1].kind, ARG_BYTES);
    ck_assert_int_eq(row_of(OP_session_cancel)->args[0].kind, ARG_UINT);
    ck_assert(row_of(OP_session_cancel)->args[0].required);
    ck_assert(!row_of(OP_dict_merge)->args[2].required);
}
END_TEST

START_TEST(test_on_object)
{
    static const char *const named[] = {"delete", "info", "scan", "changed", "hold", "drop"};
    const struct op_row *row = NULL;
    while ((row = op_next(row)) != NULL) {
        bool expected = row->number >= 64 * TYPE_DICT;
        for (size_t i = 0; i < sizeof named / sizeof named[0]; i++)
            expected |= row->number / 64 == TYPE_OBJECT && strcmp(row->method, named[i]) == 0;
        ck_assert_msg(row->on_object == expected, "%s %s", row->type, row->method);
    }
}
END_TEST

START_TEST(test_flags_fit)
{
    const struct op_row *row = NULL;
    while ((row = op_next(row)) != NULL) {
        bool changes = row->class != CLASS_read;
        ck_assert_int_ne(row->class, CLASS_none);
        ck_assert_uint_gt(strlen(row->help), 0);
        ck_assert_msg((row->flags & OP_QUIET) == 0 || (row->flags & OP_ANSWER) == 0, "%s %s",
                      row->type, row->method);
        ck_assert_msg((row->flags & (OP_GROWS | OP_QUIET)) == 0 || changes ||
                          (row->flags & OP_WAITS) != 0,
                      "%s %s", row->type, row->method);
        if ((row->flags & OP_REST) != 0)
            ck_assert_int_eq(row->args[row->arg_count - 1].kind, ARG_VALUE);
    }
    ck_assert_uint_eq(row_of(OP_dict_set)->flags, OP_GROWS | OP_QUIET);
    ck_assert_int_eq(row_of(OP_dict_set)->class, CLASS_write);
    ck_assert_int_eq(row_of(OP_object_delete)->class, CLASS_delete);
}
END_TEST

START_TEST(test_find)
{
    const struct op_row *row = NULL;
    while ((row = op_next(row)) != NULL)
        ck_assert_ptr_eq(op_find(row->type, row->method), row);
    ck_assert_ptr_eq(op_find("dict", "get-many"), op_row(OP_dict_get_many));
    ck_assert_ptr_eq(op_find("set", "symmetric_difference-update"),
                     op_row(OP_set_symmetric_difference_update));
    ck_assert_ptr_null(op_find("dict", "get-man"));
    ck_assert_ptr_null(op_find("dict", "get-manyy"));
    ck_assert_ptr_null(op_find("dict", ""));
    ck_assert_ptr_null(op_find("", "get"));
    ck_assert_ptr_null(op_find("Dict", "get"));
}
END_TEST

START_TEST(test_name_of_the_object)
{
    Wire__DictLen len = WIRE__DICT_LEN__INIT;
    Wire__ObjectChanged changed = WIRE__OBJECT_CHANGED__INIT;
    ck_assert_uint_eq(op_object_name(&len.base).len, 0);
    len.has_name = 1;
    len.name = (ProtobufCBinaryData){2, (uint8_t *)"ab"};
    ck_assert(bytes_equal(op_object_name(&len.base), bytes_text("ab")));
    changed.name = len.name;
    ck_assert(bytes_equal(op_object_name(&changed.base), bytes_text("ab")));
}
END_TEST

START_TEST(test_arguments_of_a_message)
{
    Wire__DictGet get = WIRE__DICT_GET__INIT;
    const struct op_row *row = row_of(OP_dict_get);
    ck_assert_uint_eq(op_argument(&row->args[0], &get.base).len, 0);
    get.has_name = 1;
    get.name = (ProtobufCBinaryData){1, (uint8_t *)"d"};
    get.has_key = 1;
    get.key = (ProtobufCBinaryData){2, (uint8_t *)"\x0a\x00"};
    ck_assert(bytes_equal(op_argument(&row->args[0], &get.base), bytes_text("d")));
    ck_assert(bytes_equal(op_argument(&row->args[1], &get.base), bytes_of("\x0a\x00", 2)));
}
END_TEST

START_TEST(test_message_of_a_request)
{
    Wire__Request request = WIRE__REQUEST__INIT;
    Wire__ArrayCopy copy = WIRE__ARRAY_COPY__INIT;
    ck_assert_ptr_null(op_message(&request));
    request.op_case = WIRE__REQUEST__OP_ARRAY_COPY;
    request.array_copy = &copy;
    ck_assert_ptr_eq(op_message(&request), &copy.base);
}
END_TEST

START_TEST(test_words)
{
    char room[OP_WORDS], longest[2 * OP_WORDS];
    const struct op_row *row = NULL;
    while ((row = op_next(row)) != NULL)
        ck_assert_ptr_eq(op_find_words(op_words(row->type, row->method, room)), row);
    memset(longest, 'x', sizeof longest);
    memcpy(longest + sizeof longest - 5, " get", 5);
    ck_assert_ptr_null(op_find_words(longest));
    ck_assert_ptr_null(op_find_words("dict"));
    ck_assert_ptr_null(op_find_words("dict "));
    ck_assert_ptr_null(op_find_words(NULL));
}
END_TEST

START_TEST(test_arg)
{
    const struct op_row *row = NULL;
    while ((row = op_next(row)) != NULL)
        for (unsigned i = 0; i < row->arg_count; i++)
            ck_assert_ptr_eq(op_arg(row, row->args[i].name), &row->args[i]);
    ck_assert_ptr_null(op_arg(op_find("dict", "get"), "attr"));
}
END_TEST

Suite *suite_ops(void)
{
    Suite *suite = suite_create("ops");
    TCase *table = tcase_create("table");
    TCase *lookup = tcase_create("lookup");
    tcase_add_test(table, test_rows_and_numbers);
    tcase_add_test(table, test_row_is_its_message);
    tcase_add_test(table, test_number_is_in_its_type);
    tcase_add_test(table, test_args_are_the_fields);
    tcase_add_test(table, test_arg_kinds);
    tcase_add_test(table, test_required);
    tcase_add_test(table, test_on_object);
    tcase_add_test(table, test_flags_fit);
    tcase_add_test(lookup, test_find);
    tcase_add_test(lookup, test_name_of_the_object);
    tcase_add_test(lookup, test_arguments_of_a_message);
    tcase_add_test(lookup, test_message_of_a_request);
    tcase_add_test(lookup, test_words);
    tcase_add_test(lookup, test_arg);
    suite_add_tcase(suite, table);
    suite_add_tcase(suite, lookup);
    return suite;
}
