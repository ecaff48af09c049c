/* SPDX-License-Identifier: BSD-2-Clause */
/* The view of the schema that the C code is made from: its shape, and what the generator refuses.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wire.pb-c.h"
#include "wire/proto/decode.h"

Suite *suite_view(void);

enum { DEPTH_MAX = 2, ALIGN = 16 };

/* ---- the descriptors ---- */

static void walk(const ProtobufCMessageDescriptor *message, unsigned depth)
{
    ck_assert_msg(depth <= DEPTH_MAX, "%s is too deep, or in a cycle", message->name);
    if (depth > 0) {
        ck_assert_msg(message->sizeof_message + ALIGN <= DECODE_ARENA, "%s: %zu bytes",
                      message->name, message->sizeof_message);
    }
    for (unsigned i = 0; i < message->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->fields[i];
        ck_assert_msg(field->label == PROTOBUF_C_LABEL_OPTIONAL, "%s.%s", message->name,
                      field->name);
        switch (field->type) {
        case PROTOBUF_C_TYPE_BOOL:
        case PROTOBUF_C_TYPE_UINT32:
        case PROTOBUF_C_TYPE_UINT64:
        case PROTOBUF_C_TYPE_INT64:
        case PROTOBUF_C_TYPE_BYTES:
            break;
        case PROTOBUF_C_TYPE_MESSAGE:
            ck_assert((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0);
            walk(field->descriptor, depth + 1);
            break;
        default:
            ck_abort_msg("%s.%s: a type that the decoder does not read", message->name,
                         field->name);
        }
    }
}

START_TEST(test_shape)
{
    walk(&wire__request__descriptor, 0);
    walk(&wire__response__descriptor, 0);
}
END_TEST

/* Fields of a message are numbered 1..n, so that the decoder finds them by an index. */
START_TEST(test_dense_numbers)
{
    for (unsigned i = 0; i < wire__request__descriptor.n_fields; i++) {
        const ProtobufCMessageDescriptor *op = wire__request__descriptor.fields[i].descriptor;
        if (op != NULL && op->n_fields > 0) {
            ck_assert_msg(op->n_field_ranges == 1, "%s", op->name);
            ck_assert_int_eq(op->field_ranges[0].start_value, 1);
        }
    }
}
END_TEST

/* ---- the generator ---- */

struct run {
    char dir[64];
    char said[1024];
    int status;
};

static void in_dir(const struct run *run, const char *name, char *path, size_t size)
{
    snprintf(path, size, "%s/%s", run->dir, name);
}

static void generate(struct run *run, const char *proto)
{
    char path[128];
    char command[512];
    FILE *file;
    size_t len;
    strcpy(run->dir, "/tmp/test_view.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(run->dir));
    in_dir(run, "x.proto", path, sizeof path);
    file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(proto, file);
    fclose(file);
    snprintf(command, sizeof command, "awk -v out=%s -f scripts/view.awk %s 2>&1", run->dir, path);
    file = popen(command, "r");
    ck_assert_ptr_nonnull(file);
    len = fread(run->said, 1, sizeof run->said - 1, file);
    run->said[len] = '\0';
    run->status = pclose(file);
}

/* Reads one of the files that were made; empty when there is none. */
static void made(const struct run *run, const char *name, char *text, size_t size)
{
    char path[128];
    FILE *file;
    size_t len = 0;
    in_dir(run, name, path, sizeof path);
    file = fopen(path, "r");
    if (file != NULL) {
        len = fread(text, 1, size - 1, file);
        fclose(file);
    }
    text[len] = '\0';
}

static void clean(const struct run *run)
{
    static const char *const names[] = {"x.proto", "wire.proto", "args.h", "ops_numbers.h",
                                        "type_help.h"};
    char path[128];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        in_dir(run, names[i], path, sizeof path);
        unlink(path);
    }
    rmdir(run->dir);
}

#define HEAD "syntax = \"proto3\";\npackage mgrd;\n"

START_TEST(test_generated)
{
    struct run run;
    char text[4096];
    generate(&run, "// a: one thing. And more.\n" HEAD "import \"value.proto\"; // a comment\n"
                   "message ADo { string name = 1; optional Value new = 2; // the \"new\" one\n"
                   "  reserved 3, 5 to 7;\n"
                   "  bool quick = 8; oneof which { Value one = 9; uint32 two = 10; } }\n"
                   "message Request {\n  uint64 id = 1;\n  oneof op {\n    ADo a_do = 64;\n"
                   "  }\n}\n");
    ck_assert_msg(run.status == 0, "%s", run.said);
    made(&run, "ops_numbers.h", text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "    OP_a_do = 64,\n"));
    made(&run, "wire.proto", text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "syntax = \"proto2\";\npackage wire;\n"));
    ck_assert_ptr_nonnull(strstr(text, "message ADo {\n  optional bytes name = 1;\n"
                                       "  optional bytes new = 2;\n  reserved 3, 5 to 7;\n"
                                       "  optional bool quick = 8;\n  oneof which {\n"
                                       "    bytes one = 9;\n    uint32 two = 10;\n  }\n}\n"));
    made(&run, "args.h", text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "{\"name\", ARG_STRING, true, false,"));
    ck_assert_ptr_nonnull(strstr(text, "{\"new\", ARG_VALUE, false, false, offsetof(Wire__ADo, "
                                       "new_), offsetof(Wire__ADo, has_new_), 2,"));
    ck_assert_ptr_nonnull(strstr(text, "->new_), \"the \\\"new\\\" one\"},\n"));
    ck_assert_ptr_nonnull(strstr(text, "->quick), NULL},\n"));
    ck_assert_ptr_nonnull(strstr(text, "{\"quick\", ARG_BOOL, false, false,"));
    ck_assert_ptr_nonnull(strstr(text, "{\"two\", ARG_UINT, false, true, offsetof(Wire__ADo, two), "
                                       "offsetof(Wire__ADo, which_case), 10,"));
    ck_assert_ptr_nonnull(strstr(text, "named_a_do = 1"));
    made(&run, "type_help.h", text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "#define TYPE_HELP_a \"one thing\"\n"));
    clean(&run);
}
END_TEST

#define OP(line) HEAD "message ADo {\n}\nmessage Request {\n  oneof op {\n" line "\n  }\n}\n"

static const struct {
    const char *proto;
    const char *says; /* line and message */
} refusals[] = {
    {"syntax = \"proto2\";\n", ":1: cannot read 'syntax"},
    {HEAD "option x = 1;\n", ":3: cannot read 'option x = 1'"},
    {HEAD "enum E {\n", ":3: cannot read 'enum E {'"},
    {HEAD "service S {\n", ":3: cannot read 'service S {'"},
    {HEAD "}\n", ":3: cannot read '}'"},
    {HEAD "message A {\n  message B {\n  }\n}\n", ":4: message B inside message A"},
    {HEAD "message A {\n}\nmessage A {\n}\n", ":5: message A: a bad name"},
    {HEAD "message a {\n", ":3: message a: a bad name"},
    {HEAD "message A {\n  map<string, Value> m = 1;\n}\n", ":4: cannot read 'map<"},
    {HEAD "message A {\n  repeated Value v = 1;\n}\n", ":4: cannot read 'repeated Value v = 1'"},
    {HEAD "message A {\n  Value v = 1 [deprecated = true];\n}\n", ":4: cannot read"},
    {HEAD "message A {\n  Value v;\n}\n", ":4: cannot read 'Value v'"},
    {HEAD "message A {\n  Value v = 0;\n}\n", ":4: cannot read"},
    {HEAD "message A {\n  /* old */ Value v = 1;\n}\n", ":4: cannot read"},
    {HEAD "message A {\n  Value v = 2;\n  Value w = 1;\n}\n", ":5: field w: number 1 after 2"},
    {HEAD "message A {\n  Value v = 2;\n  Value w = 2;\n}\n", ":5: field w: number 2 after 2"},
    {HEAD "message A {\n  Value theKey = 1;\n}\n", ":4: field theKey: a bad name"},
    {HEAD "message A {\n  Items v = 1;\n}\n", ":4: field v: type Items is not for"},
    {HEAD "message A {\n  sint64 v = 1;\n}\n", ":4: field v: type sint64 is not for"},
    {HEAD "message A {\n  oneof o {\n    oneof p {\n", ":5: oneof p: not here"},
    {HEAD "message A {\n  oneof o {\n    optional Value v = 1;\n", ":5: cannot read 'optional"},
    {HEAD "message A {\n  Value v = 1;\n", ": the file ends inside a message"},
    {HEAD "message A {\n}\nimport \"x.proto\"", ": the file ends inside a statement"},
    {OP("    ADo do_a = 64;"), ":7: operation do_a: its message must not be ADo"},
    {OP("    ADo a_do = 15;"), ":7: operation a_do: its number is not in 16..2047"},
    {OP("    ADo a_do = 2048;"), ":7: operation a_do: its number is not in 16..2047"},
    {OP("    BDo b_do = 64;"), ":7: there is no message BDo"},
};

START_TEST(test_refused)
{
    struct run run;
    char text[64];
    generate(&run, refusals[_i].proto);
    ck_assert_msg(run.status != 0, "accepted: %s", refusals[_i].proto);
    ck_assert_msg(strstr(run.said, "/x.proto:") != NULL, "%s", run.said);
    ck_assert_msg(strstr(run.said, refusals[_i].says) != NULL, "%s", run.said);
    made(&run, "wire.proto", text, sizeof text);
    ck_assert_str_eq(text, "");
    clean(&run);
}
END_TEST

Suite *suite_view(void)
{
    Suite *suite = suite_create("view");
    TCase *descriptors = tcase_create("descriptors");
    TCase *generator = tcase_create("generator");
    tcase_add_test(descriptors, test_shape);
    tcase_add_test(descriptors, test_dense_numbers);
    suite_add_tcase(suite, descriptors);
    if (access("scripts/view.awk", R_OK) != 0) {
        printf("view: generator tests skipped: not run from the root of the project\n");
        return suite;
    }
    tcase_add_test(generator, test_generated);
    tcase_add_loop_test(generator, test_refused, 0, sizeof refusals / sizeof refusals[0]);
    tcase_set_timeout(generator, 20);
    suite_add_tcase(suite, generator);
    return suite;
}
