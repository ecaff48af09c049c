/* SPDX-License-Identifier: BSD-2-Clause */
/* Statuses and the text of the last error. */
#include <stdarg.h>
#include <stdio.h>

#include "client/internal.h"

enum mgr_status client_fail(struct mgr *m, enum mgr_status status, const char *format, ...)
{
    va_list args;
    size_t at = 0;
    int n = snprintf(m->error, sizeof m->error, "%s: ", mgr_status_exception(status));
    if (n > 0 && (size_t)n < sizeof m->error)
        at = (size_t)n;
    va_start(args, format);
    vsnprintf(m->error + at, sizeof m->error - at, format, args);
    va_end(args);
    m->status = status;
    return status;
}

enum mgr_status client_ok(struct mgr *m)
{
    m->status = MGR_OK;
    m->error[0] = '\0';
    return MGR_OK;
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
