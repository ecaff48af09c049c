/* SPDX-License-Identifier: BSD-2-Clause */
/* The status and the error text of the last call. */
#include <stdarg.h>
#include <stdio.h>

#include "client/internal.h"

/* Text from the daemon may hold any bytes: replaces control characters, which a terminal would
 * obey, and removes a character that the cut has split. */
static void make_printable(char *text, bool cut)
{
    size_t len = strlen(text);
    while (cut && len > 0 && ((unsigned char)text[len - 1] & 0xc0) == 0x80)
        text[--len] = '\0';
    if (cut && len > 0 && (unsigned char)text[len - 1] >= 0xc0)
        text[--len] = '\0';
    for (char *at = text; *at != '\0'; at++)
        if (((unsigned char)*at < ' ' && *at != '\n' && *at != '\t') || *at == '\x7f')
            *at = '?';
}

enum mgr_status client_fail(struct mgr *m, enum mgr_status status, const char *format, ...)
{
    va_list args;
    int at = snprintf(m->error, sizeof m->error, "%s: ", mgr_status_exception(status));
    m->error_at = at > 0 ? (size_t)at : 0; /* exception names are short: no truncation here */
    size_t room = sizeof m->error - m->error_at;
    va_start(args, format);
    int len = vsnprintf(m->error + m->error_at, room, format, args);
    va_end(args);
    make_printable(m->error + m->error_at, len < 0 || (size_t)len >= room);
    m->status = status;
    return status;
}

enum mgr_status client_ok(struct mgr *m)
{
    m->status = MGR_OK;
    m->error[0] = '\0';
    m->error_at = 0;
    return MGR_OK;
}

enum mgr_status client_status(unsigned code)
{
    bool known = code < MGR_UNREACHABLE && (unsigned)error_row(code)->code == code;
    return known ? (enum mgr_status)code : MGR_INTERNAL;
}

const char *mgr_error(const struct mgr *m)
{
    return m == NULL ? "MemoryError: out of memory" : m->error;
}

enum mgr_status mgr_last_status(const struct mgr *m)
{
    return m == NULL ? MGR_NOMEM : m->status;
}

const char *mgr_status_name(enum mgr_status status)
{
    return status == MGR_OK ? "OK" : error_row(status)->name;
}

const char *mgr_status_exception(enum mgr_status status)
{
    return status == MGR_OK ? "" : error_row(status)->exception;
}

int mgr_status_exit_code(enum mgr_status status)
{
    return status == MGR_OK ? 0 : error_row(status)->exit_code;
}

bool mgr_status_retry(enum mgr_status status)
{
    return status != MGR_OK && error_row(status)->retry_safe;
}
