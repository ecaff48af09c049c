/* SPDX-License-Identifier: BSD-2-Clause */
/* The configuration: defaults, every message with its place, objects, reload, memory running out.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/log.h"
#include "daemon/config/config.h"
#include "daemon/config/config_table.h"
#include "daemon/config/config_yaml.h"
#include "tests/support/alloc.h"
#include "wire/literal/literal.h"
#include "wire/value/value.h"

static const struct config_env bare = {.memory_bytes = UINT64_C(8) << 30};

static bool parse(const char *yaml, struct config *config, struct config_error *error)
{
    return config_parse(bytes_text(yaml), "f.yaml", &bare, config, error);
}

static struct config parsed(const char *yaml)
{
    struct config config;
    struct config_error error;
    bool done = parse(yaml, &config, &error);
    ck_assert_msg(done, "%s", done ? "" : error.text);
    return config;
}

/* ---- what is taken ---- */

static void check_defaults(const struct config *config)
{
    ck_assert_uint_eq(config->limits.frame_bytes, 16u << 20);
    ck_assert_uint_eq(config->limits.memory_bytes, UINT64_C(6) << 30);
    ck_assert_uint_eq(config->limits.buffers_bytes, UINT64_C(6) << 28);
    ck_assert_uint_eq(config->limits.connections, 10000);
    ck_assert_uint_eq(config->limits.window, 256);
    ck_assert_uint_eq(config->limits.bulk_items, 1000000);
    ck_assert_uint_eq(config->limits.work, 2000000);
    ck_assert_uint_eq(config->limits.output_bytes, 32u << 20);
    ck_assert_uint_eq(config->limits.login_timeout_ms, 5000);
    ck_assert_uint_eq(config->limits.linger_max_ms, 3600000);
    ck_assert_uint_eq(config->limits.lease_max_ms, 86400000);
    ck_assert_uint_eq(config->journal, CONFIG_JOURNAL_MEMORY);
    ck_assert_uint_eq(config->log_level, LOG_INFO);
    ck_assert_uint_eq(config->log_format, LOG_TEXT);
    ck_assert_uint_eq(config->log_rate, 100);
    ck_assert_ptr_null(config->state);
    ck_assert_uint_eq(config->objects.count, 0);
    ck_assert_uint_eq(config->listen.count, 2);
    ck_assert_str_eq(config->listen.items[0].text, "127.0.0.1:7600");
    ck_assert_str_eq(config->listen.items[1].text, "[::1]:7600");
}

static const char *const empty[] = {
    "", "# nothing\n", "---\n", "~", "{}", "limits:\nlog:\nobjects:\n", "\xef\xbb\xbf{}"};

START_TEST(empty_files_give_the_defaults)
{
    struct config config = parsed(empty[_i]);
    check_defaults(&config);
    config_free(&config);
}
END_TEST

START_TEST(all_keys_are_taken)
{
    struct config config =
        parsed("listen: ['127.0.0.1:0', '[::1]:1', 'unix:/run/x', 'localhost:2']\n"
               "state: build/state\n"
               "journal: {mode: memory}\n"
               "limits: {frame: 64MiB, memory: 1GiB, connections: 5, objects: 6,\n"
               "  sessions: 7, window: 1, window_bytes: 64KiB, bulk_items: 1000, work: 0,\n"
               "  output: 1MiB, login_timeout: '1s', linger_max: 0, lease_max: 2d}\n"
               "log: {level: debug, format: json, rate: 0}\n");
    ck_assert_uint_eq(config.listen.count, 4);
    ck_assert_int_eq(config.listen.items[0].socket.ss_family, AF_INET);
    ck_assert_int_eq(config.listen.items[1].socket.ss_family, AF_INET6);
    ck_assert_int_eq(config.listen.items[2].socket.ss_family, AF_UNIX);
    ck_assert_uint_eq(address_port(&config.listen.items[1]), 1);
    ck_assert_uint_eq(address_port(&config.listen.items[3]), 2);
    ck_assert_str_eq(config.state, "build/state");
    ck_assert_uint_eq(config.limits.frame_bytes, 64u << 20);
    ck_assert_uint_eq(config.limits.memory_bytes, 1u << 30);
    ck_assert_uint_eq(config.limits.connections, 5);
    ck_assert_uint_eq(config.limits.objects, 6);
    ck_assert_uint_eq(config.limits.sessions, 7);
    ck_assert_uint_eq(config.limits.window, 1);
    ck_assert_uint_eq(config.limits.window_bytes, 65536);
    ck_assert_uint_eq(config.limits.bulk_items, 1000);
    ck_assert_uint_eq(config.limits.work, 0);
    ck_assert_uint_eq(config.limits.output_bytes, 1u << 20);
    ck_assert_uint_eq(config.limits.login_timeout_ms, 1000);
    ck_assert_uint_eq(config.limits.linger_max_ms, 0);
    ck_assert_uint_eq(config.limits.lease_max_ms, 172800000);
    ck_assert_uint_eq(config.log_level, LOG_DEBUG);
    ck_assert_uint_eq(config.log_format, LOG_JSON);
    ck_assert_uint_eq(config.log_rate, 0);
    config_free(&config);
}
END_TEST

START_TEST(the_surroundings_give_directories)
{
    struct config_env env = {.runtime_directory = "/run/mgrd:/run/other",
                             .xdg_runtime_dir = "/run/user/1",
                             .state_directory = "/var/lib/mgrd",
                             .xdg_state_home = "/home/a/.state",
                             .memory_bytes = UINT64_C(1) << 30};
    struct config config;
    struct config_error error;
    ck_assert(config_load(NULL, &env, &config, &error));
    ck_assert_uint_eq(config.listen.count, 3);
    ck_assert_str_eq(config.listen.items[2].text, "unix:/run/mgrd/mgrd.sock");
    ck_assert_str_eq(config.state, "/var/lib/mgrd");
    config_free(&config);
    env.runtime_directory = "";
    env.state_directory = NULL;
    ck_assert(config_load(NULL, &env, &config, &error));
    ck_assert_str_eq(config.listen.items[2].text, "unix:/run/user/1/mgrd.sock");
    ck_assert_str_eq(config.state, "/home/a/.state/mgrd");
    config_free(&config);
    char deep[200] = "/";
    memset(deep + 1, 'd', 150);
    env.xdg_runtime_dir = deep;
    ck_assert(config_load(NULL, &env, &config, &error)); /* nobody asked for it: see listening.c */
    ck_assert(config.listen.items[2].is_default);
    ck_assert_str_eq(config.listen.items[2].fault, "is too long");
    config_free(&config);
}
END_TEST

static const struct {
    const char *yaml, *literal;
} values[] = {
    {"1", "1"},
    {"'1'", "'1'"},
    {"\"1\"", "'1'"},
    {"3.10", "3.1"},
    {"0x1F", "31"},
    {"007", "'007'"},
    {"true", "true"},
    {"yes", "'yes'"},
    {"null", "null"},
    {"", "null"},
    {"~", "null"},
    {"99999999999999999999", "99999999999999999999"},
    {"some words here", "'some words here'"},
    {"'<<'", "'<<'"},
    {"[]", "[]"},
    {"{}", "{}"},
    {"[1, [2, {a: b}], null]", "[1, [2, {a: b}], null]"},
    {"{z: 1, a: {1: x, '1': y}}", "{z: 1, a: {1: x, '1': y}}"},
    {"\n      - 1\n      - k: [v]\n        l:", "[1, {k: [v], l: null}]"},
    {"|\n      line\n      7", "\"line\\n7\\n\""},
};

START_TEST(values_read_like_flow_literals)
{
    char yaml[256];
    snprintf(yaml, sizeof yaml, "objects:\n  x:\n    type: value\n    init: %s\n", values[_i].yaml);
    struct config config = parsed(yaml);
    struct buf expected;
    struct literal_error why;
    buf_init(&expected);
    ck_assert(literal_read(bytes_text(values[_i].literal), LITERAL_ANY, NULL, &expected, &why));
    ck_assert_uint_eq(config.objects.count, 1);
    struct val_check check;
    ck_assert_int_eq(val_check(config.objects.items[0].init, VAL_DEPTH_STORED, &check), VAL_OK);
    ck_assert(bytes_equal(config.objects.items[0].init, buf_bytes(&expected)));
    buf_free(&expected);
    config_free(&config);
}
END_TEST

START_TEST(long_containers_keep_their_keys_apart)
{
    /* lengths that need longer prefixes: what was written before has to move */
    char yaml[40000] = "objects: {x: {type: dict, init: {";
    size_t at = strlen(yaml);
    for (unsigned i = 0; i < 2000; i++)
        at += (size_t)snprintf(yaml + at, sizeof yaml - at, "k%u: [%u, x], ", i, i);
    snprintf(yaml + at, sizeof yaml - at, "}}}");
    struct config config = parsed(yaml);
    struct val dict = val_read(config.objects.items[0].init);
    ck_assert_uint_eq(val_count(&dict), 2000);
    config_free(&config);
    struct config_error error;
    snprintf(yaml + at, sizeof yaml - at, "k7: 1}}}");
    ck_assert(!parse(yaml, &config, &error));
    ck_assert_ptr_nonnull(strstr(error.text, ": the same key as in line 1, column "));
}
END_TEST

START_TEST(objects_keep_type_parameters_and_place)
{
    struct config config = parsed("objects:\n"
                                  "  jobs/a: {type: array, typecode: i, init: [1, 2], ttl: 10s}\n"
                                  "  plain: {type: dict}\n");
    ck_assert_uint_eq(config.objects.count, 2);
    const struct config_object *a = &config.objects.items[0];
    ck_assert(bytes_equal(a->name, bytes_text("jobs/a")));
    ck_assert_uint_eq(a->type, TYPE_ARRAY);
    ck_assert_uint_eq(a->line, 2);
    ck_assert_uint_eq(a->column, 3);
    ck_assert_uint_eq(a->param_count, 2);
    ck_assert_str_eq(a->params[0].row->name, "typecode");
    ck_assert(bytes_equal(a->params[0].data, bytes_text("i")));
    ck_assert_str_eq(a->params[1].row->name, "ttl_ms");
    ck_assert_uint_eq(a->params[1].number, 10000);
    ck_assert_uint_eq(config.objects.items[1].type, TYPE_DICT);
    ck_assert_uint_eq(config.objects.items[1].init.len, 0);
    config_free(&config);
}
END_TEST

/* ---- the table and the annotated file ---- */

START_TEST(rows_are_sound)
{
    size_t count;
    const struct config_row *rows = config_rows(&count);
    for (size_t i = 0; i < count; i++) {
        ck_assert_ptr_nonnull(rows[i].help);
        ck_assert(rows[i].max <= UINT32_MAX || rows[i].width != 4);
        ck_assert(rows[i].min <= rows[i].max);
        if (rows[i].type == CONFIG_SIZE || rows[i].type == CONFIG_DURATION ||
            rows[i].type == CONFIG_COUNT || rows[i].type == CONFIG_CHOICE) {
            struct config config = {.state = NULL};
            struct config_fault fault;
            ck_assert_msg(config_row_set(&rows[i], &config, bytes_text(rows[i].fallback), &fault),
                          "%s", rows[i].path);
        }
    }
}
END_TEST

START_TEST(some_keys_need_a_restart)
{
    size_t count;
    const struct config_row *rows = config_rows(&count);
    char text[400] = "";
    for (size_t i = 0; i < count; i++)
        if ((rows[i].flags & CONFIG_RELOADS) == 0 && rows[i].type != CONFIG_SECTION &&
            rows[i].type != CONFIG_RESERVED)
            strcat(strcat(text, rows[i].path), " ");
    ck_assert_str_eq(text, "listen state journal.mode journal.path journal.sync "
                           "journal.interval journal.segment limits.frame limits.window ");
}
END_TEST

/* The annotated file as text; with the settings that are comments in it if `all`. */
static char *annotated(bool all)
{
    FILE *file = fopen("config/mgrd.yaml", "r");
    ck_assert_msg(file != NULL, "config/mgrd.yaml: run from the root of the sources");
    char *text = calloc(1, CONFIG_FILE_MAX), line[200];
    ck_assert_ptr_nonnull(text);
    while (fgets(line, sizeof line, file) != NULL) {
        bool setting = line[0] == '#' && (line[1] != ' ' || line[2] == ' ') && line[1] != '\n';
        strcat(text, setting && all ? line + 1 : line);
    }
    fclose(file);
    return text;
}

START_TEST(the_annotated_file_changes_nothing)
{
    char *text = annotated(false);
    struct config config = parsed(text);
    check_defaults(&config);
    config_free(&config);
    free(text);
}
END_TEST

START_TEST(the_annotated_file_states_the_defaults)
{
    char *text = annotated(true);
    struct config config = parsed(text), defaults = parsed("state: somewhere");
    size_t count;
    const struct config_row *rows = config_rows(&count);
    for (size_t i = 0; i < count; i++) {
        const char *dot = strchr(rows[i].path, '.');
        char word[64];
        snprintf(word, sizeof word, "%s%s:", dot != NULL ? "\n  " : "\n",
                 dot != NULL ? dot + 1 : rows[i].path);
        ck_assert_msg(rows[i].type == CONFIG_RESERVED || strstr(text, word) != NULL,
                      "config/mgrd.yaml does not mention %s", rows[i].path);
        ck_assert_msg(strncmp(rows[i].path, "limits.", 7) != 0 ||
                          strstr(text, rows[i].help) != NULL,
                      "config/mgrd.yaml says something else of %s than the table", rows[i].path);
        bool free_choice = rows[i].type == CONFIG_OBJECTS || rows[i].type == CONFIG_PATH;
        ck_assert_msg(free_choice || config_row_equal(&rows[i], &config, &defaults),
                      "config/mgrd.yaml states another default for %s", rows[i].path);
    }
    ck_assert_uint_eq(config.objects.count, 3);
    config_free(&config);
    config_free(&defaults);
    free(text);
}
END_TEST

START_TEST(the_annotated_file_loads)
{
    struct config config;
    struct config_error error;
    ck_assert(config_load("config/mgrd.yaml", &bare, &config, &error));
    check_defaults(&config);
    config_free(&config);
}
END_TEST

/* ---- files ---- */

START_TEST(what_is_no_file_is_refused)
{
    char dir[] = "/tmp/test_config.XXXXXX", path[64], expected[200];
    struct config config;
    struct config_error error;
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/f", dir);
    ck_assert(!config_load(path, &bare, &config, &error));
    snprintf(expected, sizeof expected, "%s: cannot be opened: No such file or directory", path);
    ck_assert_str_eq(error.text, expected);
    ck_assert(!config_load(dir, &bare, &config, &error));
    snprintf(expected, sizeof expected, "%s: not a regular file", dir);
    ck_assert_str_eq(error.text, expected);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert(!config_load(path, &bare, &config, &error)); /* and does not wait for a writer */
    snprintf(expected, sizeof expected, "%s: not a regular file", path);
    ck_assert_str_eq(error.text, expected);
    config_free(&config); /* harmless after a failure */
    unlink(path);
    rmdir(dir);
}
END_TEST

START_TEST(a_large_file_is_refused)
{
    char path[] = "/tmp/test_config.XXXXXX";
    struct config config;
    struct config_error error;
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(ftruncate(fd, 1 << 20), 0);
    close(fd);
    bool done = config_load(path, &bare, &config, &error);
    unlink(path);
    ck_assert(!done);
    ck_assert_ptr_nonnull(strstr(error.text, ": larger than 64 KiB"));
}
END_TEST

/* ---- reload ---- */

struct changes {
    char text[400];
};

static void message_change(void *arg, const char *key, enum config_change change)
{
    struct changes *changes = arg;
    size_t len = strlen(changes->text);
    snprintf(changes->text + len, sizeof changes->text - len, "%s %s\n", key,
             change == CONFIG_CHANGE_TAKEN ? "taken" : "kept");
}

START_TEST(a_reload_takes_what_can_change)
{
    struct config running = parsed("listen: ['127.0.0.1:1']\nstate: a\nlog: {level: error}\n");
    struct config fresh = parsed("listen: ['127.0.0.1:2']\nstate: b\n"
                                 "limits: {frame: 2MiB, window: 8, objects: 5}\n"
                                 "log: {level: debug}\nobjects: {x: {type: dict}}\n");
    struct changes changes = {""};
    config_adopt(&running, &fresh, message_change, &changes);
    ck_assert_str_eq(changes.text, "listen kept\nstate kept\njournal.path kept\n"
                                   "limits.frame kept\n"
                                   "limits.objects taken\nlimits.window kept\n"
                                   "log.level taken\nobjects taken\n");
    ck_assert_str_eq(fresh.listen.items[0].text, "127.0.0.1:1");
    ck_assert_str_eq(fresh.state, "a");
    ck_assert_uint_eq(fresh.limits.frame_bytes, 16u << 20);
    ck_assert_uint_eq(fresh.limits.window, 256);
    ck_assert_uint_eq(fresh.limits.objects, 5);
    ck_assert_uint_eq(fresh.log_level, LOG_DEBUG);
    ck_assert_uint_eq(fresh.objects.count, 1);
    config_free(&running);
    config_free(&fresh);
}
END_TEST

START_TEST(a_reload_of_the_same_changes_nothing)
{
    const char *yaml = "state: a\nobjects: {x: {type: dict, init: {a: 1}, ttl: 5s}}\n";
    struct config running = parsed(yaml), fresh = parsed(yaml);
    struct changes changes = {""};
    config_adopt(&running, &fresh, message_change, &changes);
    ck_assert_str_eq(changes.text, "");
    config_free(&running);
    config_free(&fresh);
}
END_TEST

/* ---- addresses, memory ---- */

static const struct {
    const char *text;
    bool local;
} addresses[] = {
    {"127.0.0.1:1", true},          {"127.9.9.9:1", true},
    {"localhost:1", true},          {"[::1]:1", true},
    {"[::ffff:127.0.0.1]:1", true}, {"unix:/x", true},
    {"0.0.0.0:1", false},           {"*:1", false},
    {"10.0.0.1:1", false},          {"[::]:1", false},
    {"[::ffff:10.0.0.1]:1", false}, {"[fe80::1]:1", false},
};

START_TEST(local_addresses_are_known)
{
    struct address address;
    ck_assert_ptr_null(address_read(bytes_text(addresses[_i].text), &address));
    ck_assert(address_is_local((const struct sockaddr *)&address.socket, address.socket_len) ==
              addresses[_i].local);
}
END_TEST

START_TEST(each_failed_allocation_is_reported)
{
    static const char yaml[] = "listen: ['127.0.0.1:1', 'unix:/x']\nstate: a\n"
                               "objects: {a: {type: dict, init: {k: [1, 2], l: x}, ttl: 5s},\n"
                               "  b: {type: array, typecode: i, init: [1]}}\n";
    struct config_env env = {
        .runtime_directory = "/run/x", .state_directory = "/s", .memory_bytes = UINT64_C(1) << 30};
    const char *const texts[] = {yaml, ""};
    for (size_t i = 0; i < 2; i++) {
        bool done = false;
        size_t n = 1;
        for (; !done && n < 1000; n++) {
            struct config config;
            struct config_error error;
            alloc_fail_at(n);
            done = config_parse(bytes_text(texts[i]), "f", &env, &config, &error);
            alloc_fail_never();
            if (done)
                config_free(&config);
            else
                ck_assert_ptr_nonnull(strstr(error.text, "out of memory"));
        }
        ck_assert(done);
        ck_assert_uint_gt(n, 3);
    }
}
END_TEST

START_TEST(the_real_surroundings_have_memory)
{
    struct config_env env;
    config_env_read(&env);
    ck_assert_uint_gt(env.memory_bytes, 1 << 20);
    ck_assert_uint_lt(env.memory_bytes, UINT64_C(1) << 50);
}
END_TEST

#define LOOP(tests, name, table) \
    tcase_add_loop_test(tests, name, 0, (int)(sizeof table / sizeof((table)[0])))

Suite *suite_config(void);
Suite *suite_config(void)
{
    Suite *suite = suite_create("config");
    TCase *tests = tcase_create("config");
    LOOP(tests, empty_files_give_the_defaults, empty);
    tcase_add_test(tests, all_keys_are_taken);
    tcase_add_test(tests, the_surroundings_give_directories);
    LOOP(tests, values_read_like_flow_literals, values);
    tcase_add_test(tests, long_containers_keep_their_keys_apart);
    tcase_add_test(tests, objects_keep_type_parameters_and_place);
    tcase_add_test(tests, rows_are_sound);
    tcase_add_test(tests, some_keys_need_a_restart);
    tcase_add_test(tests, the_annotated_file_changes_nothing);
    tcase_add_test(tests, the_annotated_file_states_the_defaults);
    tcase_add_test(tests, the_annotated_file_loads);
    tcase_add_test(tests, what_is_no_file_is_refused);
    tcase_add_test(tests, a_large_file_is_refused);
    tcase_add_test(tests, a_reload_takes_what_can_change);
    tcase_add_test(tests, a_reload_of_the_same_changes_nothing);
    LOOP(tests, local_addresses_are_known, addresses);
    tcase_add_test(tests, each_failed_allocation_is_reported);
    tcase_add_test(tests, the_real_surroundings_have_memory);
    suite_add_tcase(suite, tests);
    return suite;
}
