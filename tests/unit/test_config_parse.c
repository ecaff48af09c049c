/* SPDX-License-Identifier: BSD-2-Clause */
/* What a configuration is refused for, with which words and at which place. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/config/config.h"
#include "daemon/config/config_yaml.h"

static const struct config_env bare = {.memory_bytes = UINT64_C(8) << 30};

static bool parse(const char *yaml, struct config *config, struct config_error *error)
{
    return config_parse(bytes_text(yaml), "f.yaml", &bare, config, error);
}

static const struct {
    const char *yaml, *message;
} refused[] = {
    /* keys */
    {"limit: {}", "1:1: there is no key 'limit' (did you mean 'limits'?)"},
    {"limits:\n  fraem: 1MiB", "2:3: there is no key 'fraem' in limits (did you mean 'frame'?)"},
    {"frame: 1MiB", "1:1: there is no key 'frame' (did you mean 'limits.frame'?)"},
    {"wholly_other: 1", "1:1: there is no key 'wholly_other'"},
    {"'limits.frame': 1MiB", "1:1: there is no key 'limits.frame'"},
    {"\"\\x1b]0;x\\a\": 1", "1:1: there is no key '\\x1b]0;x\\x07'"},
    {"<<: {}", "1:1: there is no key '<<'"},
    {"limits: {}\nlog: {}\nlimits: {}", "3:1: limits is given twice, first in line 1"},
    {"log:\n  rate: 1\n  rate: 2", "3:3: log.rate is given twice, first in line 2"},
    {"[a]: 1", "1:1: a key must be a word"},
    {"? {a: 1}\n: 1", "1:3: a key must be a word"},
    {"auth: {}", "1:1: auth (users and what they may do) is not in this version"},
    {"tls:\n  cert: x", "1:1: tls (encryption) is not in this version"},
    /* kinds */
    {"- a", "1:1: the configuration must be a mapping of KEY: VALUE"},
    {"word", "1:1: the configuration must be a mapping of KEY: VALUE"},
    {"limits: 5", "1:9: limits must be a mapping of KEY: VALUE"},
    {"limits: [frame]", "1:9: limits must be a mapping of KEY: VALUE"},
    {"limits: {frame: [1]}", "1:17: limits.frame must be one word or number"},
    {"limits: {frame: {a: 1}}", "1:17: limits.frame must be one word or number"},
    {"state: [a]", "1:8: state must be a path"},
    {"state:", "1:7: state must be a path"},
    {"state: ''", "1:8: state must be a path"},
    {"state: ~/mgrd", "1:8: state: '~' is not expanded: write the whole path"},
    {"state: \"a\\0b\"", "1:8: state: a path cannot hold a NUL"},
    /* numbers */
    {"limits: {frame: 512KiB}", "1:17: limits.frame: '512KiB' is not between 1MiB and 64MiB"},
    {"limits: {frame: 65MiB}", "1:17: limits.frame: '65MiB' is not between 1MiB and 64MiB"},
    {"limits: {frame: 0}", "1:17: limits.frame: '0' is not between 1MiB and 64MiB"},
    {"limits: {frame: 4294967296GiB}",
     "1:17: limits.frame: '4294967296GiB' is not between 1MiB and 64MiB"},
    {"limits: {frame: 99999999999999999999}",
     "1:17: limits.frame: '99999999999999999999' is not between 1MiB and 64MiB"},
    {"limits: {frame: lots}",
     "1:17: limits.frame: 'lots' is not a size: a whole number and KiB, MiB or GiB"},
    {"limits: {frame: -1MiB}",
     "1:17: limits.frame: '-1MiB' is not a size: a whole number and KiB, MiB or GiB"},
    {"limits: {frame: }",
     "1:17: limits.frame: '' is not a size: a whole number and KiB, MiB or GiB"},
    {"limits: {memory: 5}", "1:18: limits.memory: '5' is not between 1MiB and 64TiB, nor 0"},
    {"limits: {memory: 2MiB}", " limits.frame is larger than limits.memory"},
    {"limits: {buffers: 63MiB}", " limits.buffers is less than 4 times limits.frame"},
    {"limits: {connections: 0}", "1:23: limits.connections: '0' is not between 1 and 1000000"},
    {"limits: {connections: 1e3}", "1:23: limits.connections: '1e3' is not a whole number"},
    {"limits: {window: 100}", "1:18: limits.window: '100' is not a power of two"},
    {"limits: {window: 8192}", "1:18: limits.window: '8192' is not between 1 and 4096"},
    {"limits: {login_timeout: -5s}",
     "1:25: limits.login_timeout: '-5s' is not a duration: a whole number and ms, s, m, h or d"},
    {"limits: {login_timeout: 5}",
     "1:25: limits.login_timeout: '5' is not a duration: a whole number and ms, s, m, h or d"},
    {"limits: {login_timeout: 99ms}",
     "1:25: limits.login_timeout: '99ms' is not between 100ms and 1m"},
    {"limits: {linger_max: 31d}", "1:22: limits.linger_max: '31d' is not between 0ms and 30d"},
    {"log: {level: loud}", "1:14: log.level: 'loud' is not error, warning, info or debug"},
    {"log: {level: INFO}", "1:14: log.level: 'INFO' is not error, warning, info or debug"},
    {"log: {format: xml}", "1:15: log.format: 'xml' is not text or json"},
    {"journal: {mode: log}", " journal.mode: log needs a directory: write journal.path or state"},
    {"journal: {sync: never}", "1:17: journal.sync: 'never' is not always or interval"},
    {"journal: {segment: 4KiB}", "1:20: journal.segment: '4KiB' is not between 1MiB and 1GiB"},
    {"journal: {mode: disk}", "1:17: journal.mode: 'disk' is not memory or log"},
    /* addresses */
    {"listen: 127.0.0.1:1", "1:9: listen must be a list of addresses"},
    {"listen: []", "1:9: listen must have an address at least"},
    {"listen:\n  - [::1]:7600",
     "2:5: an address must be one word: HOST:PORT, '[V6]:PORT' (quoted) or unix:PATH"},
    {"listen:\n  - [a]",
     "2:5: an address must be one word: HOST:PORT, '[V6]:PORT' (quoted) or unix:PATH"},
    {"listen: ['[::1']",
     "1:10: the address '[::1' needs brackets around an IPv6 address: [::1]:7600"},
    {"listen: ['[::1]']",
     "1:10: the address '[::1]' has no port: write HOST:PORT, [V6]:PORT or unix:PATH"},
    {"listen: ['::1:7600']",
     "1:10: the address '::1:7600' needs brackets around an IPv6 address: [::1]:7600"},
    {"listen: ['[x]:1']",
     "1:10: the address '[x]:1' has no IPv6 address (numbers) between the brackets"},
    {"listen: [localhost]",
     "1:10: the address 'localhost' has no port: write HOST:PORT, [V6]:PORT or unix:PATH"},
    {"listen: ['127.0.0.1:65536']",
     "1:10: the address '127.0.0.1:65536' has no port from 0 to 65535 after the last colon"},
    {"listen: ['127.0.0.1:']",
     "1:10: the address '127.0.0.1:' has no port from 0 to 65535 after the last colon"},
    {"listen: ['db.example:1']", "1:10: the address 'db.example:1' names a host by something else "
                                 "than its IP address or localhost"},
    {"listen: ['unix:']", "1:10: the address 'unix:' names no path after unix:"},
    {"listen: [\"unix:/a\\0b\"]", "1:10: the address 'unix:/a\\x00b' holds a NUL"},
    {"listen: ['']", "1:10: the address '' has no port: write HOST:PORT, [V6]:PORT or unix:PATH"},
    {"listen:\n- 127.0.0.1:1\n- 0.0.0.0:7601",
     "3:3: 0.0.0.0:7601 can be reached from other machines, and this version cannot tell who "
     "connects.\n"
     "Change it to:\nlisten:\n  - 127.0.0.1:7601\n  - '[::1]:7601'"},
    /* YAML */
    {"limits:\n\tframe: 1MiB", "2:1: a tab: use spaces (in a double-quoted string, write \\t)"},
    {"log: {} # \xc3\xa4\t", "1:12: a tab: use spaces (in a double-quoted string, write \\t)"},
    {"log: &x {}", "1:6: anchors (&x) are not allowed"},
    {"log: {rate: &x 1}", "1:13: anchors (&x) are not allowed"},
    {"listen: &x []", "1:9: anchors (&x) are not allowed"},
    {"log: *x", "1:6: aliases (*x) are not allowed"},
    {"log: !!map {}", "1:6: tags (tag:yaml.org,2002:map) are not allowed"},
    {"log: {rate: !!int 1}", "1:13: tags (tag:yaml.org,2002:int) are not allowed"},
    {"log: {rate: ! 1}", "1:13: tags (!) are not allowed"},
    {"listen: !x []", "1:9: tags (!x) are not allowed"},
    {"log: {}\n---\nlog: {}", "2:1: a second document: the file must be one"},
    {"---\n---\n", "2:1: a second document: the file must be one"},
    {"%YAML 1.1\n---\nlog: {}", "1:1: directives (%...) are not allowed"},
    {"%TAG ! a:\n---\nlog: {}", "1:1: directives (%...) are not allowed"},
    {"log: {rate: 1",
     "2:1: not YAML: did not find expected ',' or '}' (while parsing a flow mapping)"},
    {"log: 'x", "1:8: not YAML: found unexpected end of stream (while scanning a quoted scalar)"},
    {"log: {}\n x: 1", "2:2: not YAML: did not find expected key (while parsing a block mapping)"},
    {"log: @x", "1:6: not YAML: found character that cannot start any token (while scanning for "
                "the next token)"},
    {"a: b\nlog: \xff", "2:6: not YAML: invalid leading UTF-8 octet"},
    {"log: \x01", "1:6: not YAML: control characters are not allowed"},
    /* objects */
    {"objects: [a]", "1:10: objects is a mapping: NAME: {type: TYPE, init: VALUE}"},
    {"objects: {a: dict}", "1:14: an object is a mapping: {type: TYPE, init: VALUE}"},
    {"objects: {a: {}}", "1:14: the object has no type"},
    {"objects: {a: {init: 1}}", "1:14: the object has no type"},
    {"objects: {a: {type: dikt}}", "1:21: there is no type 'dikt' (did you mean 'dict'?)"},
    {"objects: {a: {type: [x]}}", "1:21: type must be a word, like dict"},
    {"objects: {a: {type: dict, type: list}}", "1:27: 'type' is given twice"},
    {"objects: {a: {type: dict, init: {}, init: {}}}", "1:37: 'init' is given twice"},
    {"objects: {a: {type: array, typecode: i, typecode: i}}", "1:41: 'typecode' is given twice"},
    {"objects: {a: {type: dict, intit: {}}}",
     "1:27: an object has no key 'intit' (did you mean 'init'?)"},
    {"objects: {a: {type: dict, name: b}}", "1:27: an object has no key 'name'"},
    {"objects: {a: {type: dict, ephemeral: true}}", "1:27: an object has no key 'ephemeral'"},
    {"objects: {a: {type: dict, typecod: i}}",
     "1:27: an object has no key 'typecod' (did you mean 'typecode'?)"},
    {"objects: {a: {type: dict, typecode: [i]}}",
     "1:37: typecode must be one word or number, not a list or a mapping"},
    {"objects: {a: {type: dict, ttl: 5}}", "1:32: '5' is not a duration, like 500ms, 10s, 5m, 1h"},
    {"objects: {a: {type: dict, ttl_ms: 5}}", "1:27: an object has no key 'ttl_ms'"},
    {"objects: {a b: {type: dict}}",
     "1:11: the name 'a b' has a character other than A-Z a-z 0-9 _ . : - /"},
    {"objects: {'': {type: dict}}", "1:11: the name '' is empty"},
    {"objects: {[a]: {type: dict}}", "1:11: the name of an object must be a word"},
    {"objects:\n  a: {type: dict}\n  a: {type: list}",
     "3:3: object 'a' is declared twice, first in line 2"},
    {"objects: {a: {type: dict, init: {x: 1, y: 2, x: 3}}}",
     "1:46: the same key as in line 1, column 34"},
    {"objects: {a: {type: dict, init: {1: a, true: b}}}",
     "1:40: the same key as in line 1, column 34"},
    {"objects: {a: {type: dict, init: {b: {1: a, 1.0: b}}}}",
     "1:44: the same key as in line 1, column 38"},
    {"objects: {a: {type: dict, init: {a: 1, .nan: 1}}}",
     "1:40: a NaN cannot be a key: it equals nothing"},
    {"objects: {a: {type: dict, init: {[x]: 1}}}",
     "1:34: a key must be a scalar, not a list or a mapping"},
    {"objects: {a: {type: dict, init: {<<: {x: 1}}}}",
     "1:34: merge keys are not allowed (quote '<<' to mean the text)"},
    {"objects: {a: {type: dict, init: !!set {x: 1}}}",
     "1:33: tags (tag:yaml.org,2002:set) are not allowed"},
};

START_TEST(bad_yaml_gives_its_message)
{
    struct config config;
    struct config_error error;
    ck_assert(!parse(refused[_i].yaml, &config, &error));
    char expected[1100];
    snprintf(expected, sizeof expected, "f.yaml:%s", refused[_i].message);
    ck_assert_str_eq(error.text, expected);
    ck_assert_ptr_null(config.listen.items);
    ck_assert_ptr_null(config.objects.items);
}
END_TEST

/* count times unit, then tail */
static char *repeat(const char *unit, size_t count, const char *tail)
{
    size_t len = strlen(unit);
    char *text = malloc(len * count + strlen(tail) + 1);
    ck_assert_ptr_nonnull(text);
    for (size_t i = 0; i < count; i++)
        memcpy(text + i * len, unit, len);
    strcpy(text + len * count, tail);
    return text;
}

static const struct {
    const char *unit;
    size_t count;
    const char *message;
} heaps[] = {
    {"[", 1000000, "f.yaml: larger than 64 KiB (1000000 bytes)"},
    {"[", 65536, "f.yaml:1:1: the configuration must be a mapping of KEY: VALUE"},
    {"{a: ", 16000, "f.yaml:1:2: there is no key 'a'"},
    {"{objects: ", 6000, "f.yaml:1:22: an object has no key 'objects'"},
    {"log:\n", 3,
     "f.yaml:2:1: log is given twice, first in line 1\nf.yaml:3:1: log is given twice, first in "
     "line 1"},
    {"#", 65537, "f.yaml: larger than 64 KiB (65537 bytes)"},
};

START_TEST(heaps_of_brackets_are_refused_at_once)
{
    struct config config;
    struct config_error error;
    char *text = repeat(heaps[_i].unit, heaps[_i].count, "");
    bool done = parse(text, &config, &error);
    free(text);
    ck_assert(!done);
    ck_assert_str_eq(error.text, heaps[_i].message);
}
END_TEST

/* All that is wrong is told at once; what cannot be read ends it, and so does the tenth. */
static const struct {
    const char *yaml, *messages;
} several[] = {
    {"limits: {fraem: 1MiB, memory: much, frame: [1, 2]}\nlgo: {level: {a: b}}\nlog: {level: loud}",
     "f.yaml:1:10: there is no key 'fraem' in limits (did you mean 'frame'?)\n"
     "f.yaml:1:31: limits.memory: 'much' is not a size: a whole number and KiB, MiB or GiB\n"
     "f.yaml:1:44: limits.frame must be one word or number\n"
     "f.yaml:2:1: there is no key 'lgo' (did you mean 'log'?)\n"
     "f.yaml:3:14: log.level: 'loud' is not error, warning, info or debug"},
    {"listen: [nowhere, {a: b}, '127.0.0.1:x']",
     "f.yaml:1:10: the address 'nowhere' has no port: write HOST:PORT, [V6]:PORT or unix:PATH\n"
     "f.yaml:1:19: an address must be one word: HOST:PORT, '[V6]:PORT' (quoted) or unix:PATH\n"
     "f.yaml:1:27: the address '127.0.0.1:x' has no port from 0 to 65535 after the last colon"},
    {"objects: {'a b': {type: dict}, c: {type: dikt, max: [1]}, d: 5, e: {init: {a: 1, a: 2}}}",
     "f.yaml:1:11: the name 'a b' has a character other than A-Z a-z 0-9 _ . : - /\n"
     "f.yaml:1:42: there is no type 'dikt' (did you mean 'dict'?)\n"
     "f.yaml:1:48: an object has no key 'max' (did you mean 'maxsize'?)\n"
     "f.yaml:1:62: an object is a mapping: {type: TYPE, init: VALUE}\n"
     "f.yaml:1:82: the same key as in line 1, column 76\n"
     "f.yaml:1:68: the object has no type"},
    {"a: 1\nb: &x 2\nc: 3", "f.yaml:1:1: there is no key 'a'\n"
                            "f.yaml:2:1: there is no key 'b'"},
};

START_TEST(all_errors_are_told)
{
    struct config config;
    struct config_error error;
    ck_assert(!parse(several[_i].yaml, &config, &error));
    ck_assert_str_eq(error.text, several[_i].messages);
    ck_assert_uint_eq(error.line, 1);
}
END_TEST

START_TEST(errors_end_somewhere)
{
    struct config config;
    struct config_error error;
    char *text = repeat("log:\n", 13000, "");
    ck_assert(!parse(text, &config, &error));
    free(text);
    ck_assert_ptr_nonnull(strstr(error.text, "\nf.yaml:11:1: log is given twice"));
    ck_assert_ptr_null(strstr(error.text, "f.yaml:12:1"));
    ck_assert_ptr_nonnull(strstr(error.text, "\nthere are further errors"));
}
END_TEST

START_TEST(deep_values_are_refused)
{
    char yaml[200] = "objects: {a: {type: list, init: ";
    struct config config;
    struct config_error error;
    char *deep = repeat("[", 14, "");
    strcat(yaml, deep);
    free(deep);
    ck_assert(!parse(yaml, &config, &error));
    ck_assert_str_eq(error.text, "f.yaml:1:46: more than 16 lists and mappings inside each other");
}
END_TEST

START_TEST(the_largest_file_is_read)
{
    char *text = repeat("#", 65536 - 9, "\nlog: {}\n");
    struct config config;
    struct config_error error;
    ck_assert(parse(text, &config, &error));
    ck_assert_uint_eq(config.log_rate, 100);
    config_free(&config);
    free(text);
}
END_TEST

START_TEST(a_journal_leaves_memory_for_its_snapshots)
{
    static const struct {
        const char *yaml;
        uint64_t part; /* of 8 GiB, in per cent */
    } rows[] = {{"state: /s", 40}, {"state: /s\njournal: {mode: memory}", 75}, {"", 75}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct config config;
        struct config_error error;
        ck_assert(parse(rows[i].yaml, &config, &error));
        ck_assert_uint_eq((config.limits.memory_bytes * 100 + bare.memory_bytes / 2) /
                              bare.memory_bytes,
                          rows[i].part);
        config_free(&config);
    }
}
END_TEST

#define LOOP(tests, name, table) \
    tcase_add_loop_test(tests, name, 0, (int)(sizeof table / sizeof((table)[0])))

Suite *suite_config_parse(void);
Suite *suite_config_parse(void)
{
    Suite *suite = suite_create("config_parse");
    TCase *tests = tcase_create("config_parse");
    LOOP(tests, bad_yaml_gives_its_message, refused);
    LOOP(tests, heaps_of_brackets_are_refused_at_once, heaps);
    LOOP(tests, all_errors_are_told, several);
    tcase_add_test(tests, errors_end_somewhere);
    tcase_add_test(tests, deep_values_are_refused);
    tcase_add_test(tests, the_largest_file_is_read);
    tcase_add_test(tests, a_journal_leaves_memory_for_its_snapshots);
    suite_add_tcase(suite, tests);
    return suite;
}
