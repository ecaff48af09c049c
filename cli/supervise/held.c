/* SPDX-License-Identifier: BSD-2-Clause */
/* MGRCTL_HELD="NAME=TOKEN NAME=TOKEN": the innermost last. */
#include "cli/supervise/held.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/supervise/child.h"

#define VARIABLE "MGRCTL_HELD"

enum { HELD_MAX = 2048 }; /* bytes: a run writes its variables in one go */

static const char *around(void)
{
    const char *text = getenv(VARIABLE);
    return text == NULL ? "" : text;
}

uint64_t held_token(const char *name)
{
    uint64_t token = 0;
    size_t len = strlen(name);
    for (const char *at = around(); *at != '\0';) {
        size_t word = strcspn(at, " ");
        if (word > len && memcmp(at, name, len) == 0 && at[len] == '=')
            token = strtoull(at + len + 1, NULL, 10);
        at += word + (at[word] == ' ');
    }
    return token;
}

void held_variable(const char *name, uint64_t token, struct buf *out)
{
    struct buf text;
    const char *before = around();
    buf_init(&text);
    if (*before != '\0' && strlen(before) < HELD_MAX)
        buf_printf(&text, "%s ", before);
    buf_printf(&text, "%s=%" PRIu64, name, token);
    buf_put_u8(&text, '\0');
    if (text.failed)
        out->failed = true;
    else
        child_variable(out, VARIABLE, (const char *)text.data);
    buf_free(&text);
}
