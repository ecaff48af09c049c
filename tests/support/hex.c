/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes written as hex digits, for recorded frames. */
#include "tests/support/hex.h"

#include <stdlib.h>
#include <string.h>

static int digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c == '\0' ? NULL : strchr(digits, c);
    return at == NULL ? -1 : (int)(at - digits);
}

uint8_t *hex_read(const char *hex, size_t *len)
{
    size_t pairs = 0;
    uint8_t *out;
    for (const char *p = hex; *p != '\0'; p++)
        pairs += *p != ' ';
    *len = pairs / 2;
    out = malloc(*len > 0 ? *len : 1);
    for (size_t i = 0; out != NULL && i < *len; i++) {
        hex += strspn(hex, " ");
        if (digit(hex[0]) < 0 || digit(hex[1]) < 0) {
            free(out);
            return NULL;
        }
        out[i] = (uint8_t)(digit(hex[0]) << 4 | digit(hex[1]));
        hex += 2;
    }
    return out;
}
