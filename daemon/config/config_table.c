/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of keys, and what follows from a row: parsing, bounds, comparison. */
#include "daemon/config/config_table.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "daemon/config/config.h"
#include "daemon/config/config_unit.h"

#define MEMBER(name) \
    .offset = offsetof(struct config, name), .width = sizeof((struct config *)0)->name
#define KIB(n) (UINT64_C(n) << 10)
#define MIB(n) (UINT64_C(n) << 20)
#define TIB(n) (UINT64_C(n) << 40)
#define SECOND UINT64_C(1000)
#define DAY    (86400 * SECOND)

/* clang-format off */
static const struct config_row rows[] = {
    {"listen", CONFIG_LISTEN, CONFIG_FIXED, MEMBER(listen),
     .help = "where clients connect: HOST:PORT, [V6]:PORT, unix:PATH"},
    {"state", CONFIG_PATH, CONFIG_FIXED, MEMBER(state),
     .help = "the directory of the daemon's own files"},
    {"journal", CONFIG_SECTION, .help = "what survives a restart"},
    {"journal.mode", CONFIG_CHOICE, CONFIG_FIXED, MEMBER(journal), "log",
     .words = {"memory", "log"}, .help = "log: every acknowledged change; memory: nothing"},
    {"journal.path", CONFIG_PATH, CONFIG_FIXED, MEMBER(journal_path),
     .help = "the directory of the log; without it: log in the state directory"},
    {"journal.sync", CONFIG_CHOICE, CONFIG_FIXED, MEMBER(journal_sync), "always",
     .words = {"always", "interval"}, .help = "always: before each reply; interval: now and then"},
    {"journal.interval", CONFIG_DURATION, CONFIG_FIXED, MEMBER(journal_interval_ms), "1s",
     10, 60 * SECOND, .help = "with sync: interval, how much may be lost"},
    {"journal.segment", CONFIG_SIZE, CONFIG_FIXED, MEMBER(journal_segment_bytes), "64MiB",
     MIB(1), MIB(1024), .help = "one file of the log"},
    {"journal.compact", CONFIG_SIZE, CONFIG_RELOADS, MEMBER(journal_compact_bytes), "256MiB",
     MIB(1), TIB(1), .help = "a log larger than this, and than the state, becomes a snapshot"},
    {"limits", CONFIG_SECTION, .help = "how much of everything is allowed"},
    {"limits.frame", CONFIG_SIZE, CONFIG_FIXED, MEMBER(limits.frame_bytes), "16MiB",
     MIB(1), MIB(64), .help = "one request or reply"},
    {"limits.memory", CONFIG_SIZE, CONFIG_RELOADS | CONFIG_ZERO, MEMBER(limits.memory_bytes), "0",
     MIB(1), TIB(64), .help = "all objects and sessions; 0: 40 % of the memory there is, 75 % without a journal"},
    {"limits.buffers", CONFIG_SIZE, CONFIG_RELOADS | CONFIG_ZERO, MEMBER(limits.buffers_bytes), "0",
     MIB(1), TIB(64), .help = "unsent replies and half requests of all connections; 0: a quarter of memory"},
    {"limits.connections", CONFIG_COUNT, CONFIG_RELOADS, MEMBER(limits.connections), "10000",
     1, 1000000, .help = "at the same time"},
    {"limits.objects", CONFIG_COUNT, CONFIG_RELOADS, MEMBER(limits.objects), "1000000",
     1, 1000000000, .help = "named and anonymous"},
    {"limits.sessions", CONFIG_COUNT, CONFIG_RELOADS, MEMBER(limits.sessions), "100000",
     1, 10000000, .help = "that hold something"},
    {"limits.window", CONFIG_COUNT, CONFIG_FIXED | CONFIG_POWER_OF_2, MEMBER(limits.window), "256",
     1, 4096, .help = "unanswered requests of one session"},
    {"limits.window_bytes", CONFIG_SIZE, CONFIG_RELOADS, MEMBER(limits.window_bytes), "64MiB",
     KIB(64), TIB(1), .help = "replies kept for one session, in case it asks again"},
    {"limits.bulk_items", CONFIG_COUNT, CONFIG_RELOADS, MEMBER(limits.bulk_items), "1000000",
     1000, 1000000000, .help = "items that one operation may touch"},
    {"limits.work", CONFIG_COUNT, CONFIG_RELOADS | CONFIG_ZERO, MEMBER(limits.work), "2000000",
     100000, 1000000000000, .help = "steps of about 10 ns that one request may take; 0: no limit"},
    {"limits.output", CONFIG_SIZE, CONFIG_RELOADS, MEMBER(limits.output_bytes), "32MiB",
     KIB(64), TIB(1), .help = "unsent replies of one connection; above, its requests wait"},
    {"limits.login_timeout", CONFIG_DURATION, CONFIG_RELOADS, MEMBER(limits.login_timeout_ms), "5s",
     SECOND / 10, 60 * SECOND, .help = "from connecting to the first request"},
    {"limits.frame_timeout", CONFIG_DURATION, CONFIG_RELOADS, MEMBER(limits.frame_timeout_ms), "1m",
     SECOND / 10, 3600 * SECOND, .help = "for the whole of a request to come, or 128KiB of replies to be read"},
    {"limits.linger_max", CONFIG_DURATION, CONFIG_RELOADS, MEMBER(limits.linger_max_ms), "1h",
     0, 30 * DAY, .help = "how long a session may outlive its connection"},
    {"limits.lease_max", CONFIG_DURATION, CONFIG_RELOADS, MEMBER(limits.lease_max_ms), "1d",
     SECOND, 365 * DAY, .help = "the longest lease of a session"},
    {"log", CONFIG_SECTION, .help = "what is written to standard error"},
    {"log.level", CONFIG_CHOICE, CONFIG_RELOADS, MEMBER(log_level), "info",
     .words = {"error", "warning", "info", "debug"}, .help = "the least important that is written"},
    {"log.format", CONFIG_CHOICE, CONFIG_RELOADS, MEMBER(log_format), "text",
     .words = {"text", "json"}, .help = "of each line"},
    {"log.rate", CONFIG_COUNT, CONFIG_RELOADS | CONFIG_ZERO, MEMBER(log_rate), "100",
     1, 1000000, .help = "lines a second of one kind; 0: no limit"},
    {"objects", CONFIG_OBJECTS, CONFIG_RELOADS, MEMBER(objects),
     .help = "created if absent: NAME: {type: TYPE, init: VALUE}"},
    {"auth", CONFIG_RESERVED, .help = "users and what they may do"},
    {"tls", CONFIG_RESERVED, .help = "encryption"},
};
/* clang-format on */

enum { ROW_COUNT = sizeof rows / sizeof rows[0] };

const struct config_row *config_rows(size_t *count)
{
    *count = ROW_COUNT;
    return rows;
}

/* The part of the path after the section's path; NULL: the row is not in this section. */
static const char *key_in(const struct config_row *row, const struct config_row *section)
{
    const char *dot = strchr(row->path, '.');
    if (section == NULL)
        return dot == NULL ? row->path : NULL;
    size_t len = strlen(section->path);
    bool inside = dot != NULL && (size_t)(dot - row->path) == len &&
                  memcmp(row->path, section->path, len) == 0;
    return inside ? dot + 1 : NULL;
}

const struct config_row *config_row_find(const struct config_row *section, struct bytes key)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        const char *name = key_in(&rows[i], section);
        if (name != NULL && bytes_equal(key, bytes_text(name)))
            return &rows[i];
    }
    return NULL;
}

/* Suggests a key of another section with exactly this name, else a similar key of this section. */
struct config_hint config_row_hint(const struct config_row *section, struct bytes key)
{
    const char *names[ROW_COUNT];
    size_t count = 0;
    for (size_t i = 0; i < ROW_COUNT; i++) {
        const char *dot = strchr(rows[i].path, '.');
        if (bytes_equal(key, bytes_text(dot != NULL ? dot + 1 : rows[i].path))) {
            struct config_hint hint;
            snprintf(hint.text, sizeof hint.text, " (did you mean '%s'?)", rows[i].path);
            return hint;
        }
        const char *name = key_in(&rows[i], section);
        if (name != NULL)
            names[count++] = name;
    }
    return config_hint(key, names, count);
}

static void *member(const struct config_row *row, struct config *config)
{
    return (char *)config + row->offset;
}

static const void *const_member(const struct config_row *row, const struct config *config)
{
    return (const char *)config + row->offset;
}

static void print_number(const struct config_row *row, uint64_t number, char text[UNIT_TEXT_MAX])
{
    if (row->type == CONFIG_SIZE)
        unit_print_size(number, text);
    else if (row->type == CONFIG_DURATION)
        unit_print_duration(number, text);
    else
        snprintf(text, UNIT_TEXT_MAX, "%" PRIu64, number);
}

static bool fault_bounds(const struct config_row *row, struct config_fault *fault)
{
    char min[UNIT_TEXT_MAX], max[UNIT_TEXT_MAX];
    print_number(row, row->min, min);
    print_number(row, row->max, max);
    snprintf(fault->text, sizeof fault->text, "is not between %s and %s%s", min, max,
             (row->flags & CONFIG_ZERO) != 0 ? ", nor 0" : "");
    return false;
}

static bool fault_kind(const struct config_row *row, struct config_fault *fault)
{
    const char *kind = row->type == CONFIG_SIZE ? "a size: a whole number and KiB, MiB or GiB"
                       : row->type == CONFIG_DURATION
                           ? "a duration: a whole number and ms, s, m, h or d"
                           : "a whole number";
    snprintf(fault->text, sizeof fault->text, "is not %s", kind);
    return false;
}

static bool read_choice(const struct config_row *row, struct bytes text, uint64_t *number,
                        struct config_fault *fault)
{
    struct config_fault words = {""};
    for (size_t i = 0; row->words[i] != NULL; i++) {
        *number = i;
        if (bytes_equal(text, bytes_text(row->words[i])))
            return true;
        size_t len = strlen(words.text);
        const char *between = i == 0 ? "" : row->words[i + 1] == NULL ? " or " : ", ";
        snprintf(words.text + len, sizeof words.text - len, "%s%s", between, row->words[i]);
    }
    snprintf(fault->text, sizeof fault->text, "is not %.140s", words.text);
    return false;
}

static bool read_number(const struct config_row *row, struct bytes text, uint64_t *number,
                        struct config_fault *fault)
{
    enum unit_status status = row->type == CONFIG_SIZE       ? unit_size(text, number)
                              : row->type == CONFIG_DURATION ? unit_duration(text, number)
                                                             : unit_count(text, number);
    if (status == UNIT_BAD)
        return fault_kind(row, fault);
    bool special = *number == 0 && (row->flags & CONFIG_ZERO) != 0;
    if (status == UNIT_RANGE || (!special && (*number < row->min || *number > row->max)))
        return fault_bounds(row, fault);
    if ((row->flags & CONFIG_POWER_OF_2) != 0 && (*number & (*number - 1)) != 0) {
        snprintf(fault->text, sizeof fault->text, "is not a power of two");
        return false;
    }
    return true;
}

bool config_row_set(const struct config_row *row, struct config *config, struct bytes text,
                    struct config_fault *fault)
{
    uint64_t number = 0;
    if (!(row->type == CONFIG_CHOICE ? read_choice : read_number)(row, text, &number, fault))
        return false;
    uint32_t narrow = (uint32_t)number;
    assert(row->width == sizeof number || narrow == number); /* checked against row->max */
    memcpy(member(row, config), row->width == sizeof number ? (void *)&number : (void *)&narrow,
           row->width);
    return true;
}

static bool paths_equal(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

bool config_row_equal(const struct config_row *row, const struct config *a, const struct config *b)
{
    switch (row->type) {
    case CONFIG_SIZE:
    case CONFIG_DURATION:
    case CONFIG_COUNT:
    case CONFIG_CHOICE:
        return memcmp(const_member(row, a), const_member(row, b), row->width) == 0;
    case CONFIG_PATH:
        return paths_equal(*(char *const *)const_member(row, a),
                           *(char *const *)const_member(row, b));
    case CONFIG_LISTEN:
        return listen_equal(&a->listen, &b->listen);
    case CONFIG_OBJECTS:
        return config_objects_equal(&a->objects, &b->objects);
    case CONFIG_SECTION:
    case CONFIG_RESERVED:
        break;
    }
    return true;
}

void config_row_swap(const struct config_row *row, struct config *a, struct config *b)
{
    unsigned char held[sizeof(struct config_listen) + sizeof(struct config_objects)];
    assert(row->width <= sizeof held);
    memcpy(held, member(row, a), row->width);
    memcpy(member(row, a), member(row, b), row->width);
    memcpy(member(row, b), held, row->width);
}
