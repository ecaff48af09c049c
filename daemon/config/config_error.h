/* SPDX-License-Identifier: BSD-2-Clause */
/* What is wrong with a configuration, and where. */
#ifndef DAEMON_CONFIG_ERROR_H
#define DAEMON_CONFIG_ERROR_H

#include <stdarg.h>

#include "wire/base/bytes.h"

/* Lines of "FILE:LINE:COLUMN: message", counted from 1; "FILE: message" without a position. */
struct config_error {
    unsigned line; /* 0: no position */
    unsigned column;
    unsigned count; /* messages in the text; line and column are those of the first */
    char text[4096];
};
enum { CONFIG_ERRORS_MAX = 10 }; /* further ones are left out, which the last line says */

/* Sets the error; line 0: no position. Foreign text in the arguments must be escaped. */
void config_error_set(struct config_error *error, const char *file, unsigned line, unsigned column,
                      const char *format, ...) __attribute__((format(printf, 5, 6)));
void config_error_vset(struct config_error *error, const char *file, unsigned line, unsigned column,
                       const char *format, va_list args) __attribute__((format(printf, 5, 0)));

/* Adds a line with a further error. */
void config_error_vadd(struct config_error *error, const char *file, unsigned line, unsigned column,
                       const char *format, va_list args) __attribute__((format(printf, 5, 0)));

/* Foreign text for a message: escaped, and cut to fit. */
struct config_quote {
    char text[96];
};
struct config_quote config_quote(struct bytes text);

/* " (did you mean 'WORD'?)" with the word closest to the text; empty if none is close. */
struct config_hint {
    char text[64];
};
struct config_hint config_hint(struct bytes word, const char *const *words, size_t count);

#endif
