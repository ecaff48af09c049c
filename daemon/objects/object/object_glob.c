/* SPDX-License-Identifier: BSD-2-Clause */
/* Shell patterns over names, without recursion: only the last `*` is tried again. */
#include "daemon/objects/object/object_glob.h"

/* A pattern being matched; closed: position after its last `]`, so that later classes are not
 * searched in vain. */
struct glob {
    struct bytes pattern;
    size_t closed;
};

static struct glob glob_of(struct bytes pattern)
{
    struct glob glob = {pattern, pattern.len};
    while (glob.closed > 0 && pattern.data[glob.closed - 1] != ']')
        glob.closed--;
    return glob;
}

/* The position after the `]` that closes the class at `at` (a `[`); 0: the class is not closed. */
static size_t class_end(const struct glob *glob, size_t at)
{
    struct bytes pattern = glob->pattern;
    size_t i = at + 1;
    if (at >= glob->closed)
        return 0;
    if (i < pattern.len && (pattern.data[i] == '!' || pattern.data[i] == '^'))
        i++;
    if (i < pattern.len && pattern.data[i] == ']')
        i++; /* a `]` at the start is a member */
    while (i < pattern.len && pattern.data[i] != ']')
        i++;
    return i < pattern.len ? i + 1 : 0;
}

/* Whether the class from `at` to `end` contains the byte. */
static bool class_has(struct bytes pattern, size_t at, size_t end, uint8_t byte)
{
    size_t i = at + 1;
    bool negated = pattern.data[i] == '!' || pattern.data[i] == '^';
    bool found = false;
    i += negated;
    while (i < end - 1) {
        uint8_t low = pattern.data[i];
        uint8_t high = low;
        if (i + 2 < end - 1 && pattern.data[i + 1] == '-') {
            high = pattern.data[i + 2];
            i += 2;
        }
        i++;
        found = found || (byte >= low && byte <= high);
    }
    return found != negated;
}

/* Whether the pattern's element at `at` (not `*`) matches the byte; *next: position after the
 * element. */
static bool element_fits(const struct glob *glob, size_t at, uint8_t byte, size_t *next)
{
    struct bytes pattern = glob->pattern;
    uint8_t element = pattern.data[at];
    *next = at + 1;
    if (element == '?')
        return true;
    if (element == '\\' && at + 1 < pattern.len) {
        *next = at + 2;
        return pattern.data[at + 1] == byte;
    }
    size_t end = element == '[' ? class_end(glob, at) : 0;
    if (end != 0) {
        *next = end;
        return class_has(pattern, at, end, byte);
    }
    return element == byte;
}

bool glob_match(struct bytes pattern, struct bytes name, size_t *work)
{
    const struct glob glob = glob_of(pattern);
    size_t at = 0;
    size_t i = 0;
    bool starred = false;
    size_t star = 0;   /* position after the last `*` */
    size_t resume = 0; /* where in the name the rest of the pattern is tried next */
    for (;;) {
        size_t next = at;
        ++*work;
        if (at < pattern.len && pattern.data[at] == '*') {
            starred = true;
            star = ++at;
            resume = i;
            continue;
        }
        if (i == name.len && at == pattern.len)
            return true;
        bool fits =
            i < name.len && at < pattern.len && element_fits(&glob, at, name.data[i], &next);
        *work += next - at;
        if (fits) {
            at = next;
            i++;
        } else if (starred && resume < name.len) {
            at = star;
            i = ++resume;
        } else {
            return false;
        }
    }
}

static bool is_special(uint8_t byte)
{
    return byte == '*' || byte == '?' || byte == '[' || byte == '\\';
}

size_t glob_prefix(struct bytes pattern)
{
    size_t len = 0;
    while (len < pattern.len && !is_special(pattern.data[len]))
        len++;
    return len;
}
