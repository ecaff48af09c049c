/* SPDX-License-Identifier: BSD-2-Clause */
/* Object names: checks which bytes may stand where. */
#include "wire/base/name.h"

/* Not isalnum(): whether a name is valid must not depend on the locale. */
static bool starts_segment(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static bool continues_segment(uint8_t c)
{
    return starts_segment(c) || c == '.' || c == ':' || c == '-';
}

const char *name_fault(struct bytes name)
{
    if (name.len == 0)
        return "is empty";
    if (name.len > NAME_MAX_BYTES)
        return "is longer than 255 bytes";
    bool start = true;
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.data[i];
        if (c == '/') {
            if (start)
                return i == 0 ? "starts with '/'" : "has an empty segment ('//')";
            start = true;
        } else if (start ? starts_segment(c) : continues_segment(c)) {
            start = false;
        } else if (start && continues_segment(c)) {
            return "has a segment that starts with '.', ':' or '-'";
        } else {
            return "has a character other than A-Z a-z 0-9 _ . : - /";
        }
    }
    return start ? "ends with '/'" : NULL;
}

bool name_valid(struct bytes name)
{
    return name_fault(name) == NULL;
}
