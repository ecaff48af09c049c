/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers with units: parsing and printing. */
#include "daemon/config/config_unit.h"

#include <inttypes.h>
#include <stdio.h>

struct unit {
    const char *name;
    uint64_t factor;
};

/* Printing uses the first unit that divides the number: large units first, binary before
 * decimal. */
static const struct unit sizes[] = {
    {"TiB", UINT64_C(1) << 40},
    {"GiB", UINT64_C(1) << 30},
    {"MiB", UINT64_C(1) << 20},
    {"KiB", UINT64_C(1) << 10},
    {"", 1},
    {"B", 1},
    {"kB", 1000},
    {"MB", 1000000},
    {"GB", 1000000000},
    {"TB", 1000000000000},
};
static const struct unit durations[] = {
    {"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Reads the digits; *rest is what follows them. No sign, space or leading zero (some readers
 * take 010 as eight). */
static enum unit_status read_digits(struct bytes text, uint64_t *number, struct bytes *rest)
{
    size_t i = 0;
    bool range = false;
    uint64_t sum = 0;
    for (; i < text.len && text.data[i] >= '0' && text.data[i] <= '9'; i++) {
        uint64_t digit = text.data[i] - (uint64_t)'0';
        if (sum > (UINT64_MAX - digit) / 10)
            range = true;
        else
            sum = sum * 10 + digit;
    }
    if (i == 0 || (i > 1 && text.data[0] == '0'))
        return UNIT_BAD;
    *rest = bytes_of(text.data + i, text.len - i);
    *number = sum;
    return range ? UNIT_RANGE : UNIT_OK;
}

static enum unit_status read_with_unit(struct bytes text, const struct unit *units, size_t count,
                                       uint64_t *value)
{
    uint64_t number = 0;
    struct bytes rest = {NULL, 0};
    enum unit_status status = read_digits(text, &number, &rest);
    if (status == UNIT_BAD)
        return status;
    for (size_t i = 0; i < count; i++) {
        if (!bytes_equal(rest, bytes_text(units[i].name)))
            continue;
        if (status == UNIT_RANGE || number > UINT64_MAX / units[i].factor)
            return UNIT_RANGE;
        *value = number * units[i].factor;
        return UNIT_OK;
    }
    return UNIT_BAD;
}

enum unit_status unit_size(struct bytes text, uint64_t *bytes)
{
    return read_with_unit(text, sizes, COUNT(sizes), bytes);
}

enum unit_status unit_duration(struct bytes text, uint64_t *ms)
{
    if (bytes_equal(text, bytes_text("0"))) {
        *ms = 0;
        return UNIT_OK;
    }
    return read_with_unit(text, durations, COUNT(durations), ms);
}

enum unit_status unit_count(struct bytes text, uint64_t *count)
{
    static const struct unit none = {"", 1};
    return read_with_unit(text, &none, 1, count);
}

static void print_with_unit(uint64_t value, const struct unit *units, char text[UNIT_TEXT_MAX])
{
    const struct unit *unit = units;
    while (value == 0 ? unit->factor != 1 : value % unit->factor != 0)
        unit++;
    snprintf(text, UNIT_TEXT_MAX, "%" PRIu64 "%s", value / unit->factor, unit->name);
}

void unit_print_size(uint64_t bytes, char text[UNIT_TEXT_MAX])
{
    print_with_unit(bytes, sizes, text);
}

void unit_print_duration(uint64_t ms, char text[UNIT_TEXT_MAX])
{
    print_with_unit(ms, durations, text);
}
