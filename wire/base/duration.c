/* SPDX-License-Identifier: BSD-2-Clause */
/* Durations, exact to the millisecond, rounded up. */
#include "wire/base/duration.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int64_t ms;
} units[] = {{"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};

static bool find_unit(const char *name, int64_t *ms)
{
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(units[i].name, name) == 0) {
            *ms = units[i].ms;
            return true;
        }
    }
    return false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads the digits after the point in billionths of the unit; digits after the ninth round up. */
static const char *read_fraction(const char *at, int64_t *billionths)
{
    int64_t scale = 100000000;
    bool more = false;
    for (; is_digit(*at); at++, scale /= 10) {
        *billionths += (*at - '0') * scale;
        more = more || (scale == 0 && *at != '0');
    }
    *billionths += more;
    return at;
}

void duration_write(uint64_t ms, char out[DURATION_TEXT])
{
    size_t at = sizeof units / sizeof units[0] - 1;
    while (at > 1 && (ms == 0 || ms % (uint64_t)units[at].ms != 0))
        at--;
    snprintf(out, DURATION_TEXT, "%" PRIu64 "%s", ms / (uint64_t)units[at].ms, units[at].name);
}

bool duration_read(const char *text, int64_t *ms)
{
    const char *at = text;
    int64_t whole = 0, billionths = 0, unit, part;
    for (; is_digit(*at); at++)
        if (__builtin_mul_overflow(whole, 10, &whole) ||
            __builtin_add_overflow(whole, *at - '0', &whole))
            return false;
    bool some = at > text;
    if (*at == '.') {
        some = some || is_digit(at[1]);
        at = read_fraction(at + 1, &billionths);
    }
    if (!some || !find_unit(at, &unit) || __builtin_mul_overflow(whole, unit, &whole))
        return false;
    /* 1e9 * 86400000 fits in 63 bits; rounding up keeps a positive duration from becoming 0, "do
     * not wait" */
    part = (billionths * unit + 999999999) / 1000000000;
    return !__builtin_add_overflow(whole, part, ms);
}
