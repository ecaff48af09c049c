/* SPDX-License-Identifier: BSD-2-Clause */
/* The error table, made from wire/proto/errors.def. */
#include "wire/proto/errors.h"

#include <stddef.h>

/* The retry column of wire/proto/errors.def. */
enum { NEVER = false, SAFE = true };

enum {
#define ERR(name, code, exception, exit_code, retry, meaning) AT_##name,
#include "wire/proto/errors.def"
#undef ERR
    ROW_COUNT
};

static const struct error_row rows[ROW_COUNT] = {
#define ERR(name_, code_, exception_, exit_code_, retry_, meaning_) \
    [AT_##name_] = {                                                \
        .code = ERR_##name_,                                        \
        .name = #name_,                                             \
        .exception = exception_,                                    \
        .meaning = meaning_,                                        \
        .exit_code = exit_code_,                                    \
        .retry_safe = retry_,                                       \
    },
#include "wire/proto/errors.def"
#undef ERR
};

/* Code -> 1 + index in rows; a duplicate code does not compile. */
static const unsigned char places[] = {
#define ERR(name, code, exception, exit_code, retry, meaning) [code] = 1 + AT_##name,
#include "wire/proto/errors.def"
#undef ERR
};

const struct error_row *error_row(unsigned code)
{
    if (code >= sizeof places || places[code] == 0)
        return &rows[AT_INTERNAL];
    return &rows[places[code] - 1];
}

const struct error_row *error_rows(unsigned *count)
{
    *count = ROW_COUNT;
    return rows;
}
