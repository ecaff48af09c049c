/* SPDX-License-Identifier: BSD-2-Clause */
/* Error messages about a configuration: position, escaped quotes, suggestions. */
#include "daemon/config/config_error.h"

#include <stdio.h>

#include "daemon/base/escape.h"
#include "wire/base/nearest.h"

enum {
    CONFIG_LINE_MAX = 1024, /* bytes of one message */
    CONFIG_LAST_MAX = 32,   /* bytes of the line that says that some are left out */
};

struct config_quote config_quote(struct bytes text)
{
    struct config_quote quote = {""};
    struct escape e;
    escape_init(&e, quote.text, sizeof quote.text - sizeof "...");
    escape_put(&e, text, ESCAPE_TEXT);
    if (e.cut)
        memcpy(quote.text + e.len, "...", sizeof "...");
    return quote;
}

void config_error_vset(struct config_error *error, const char *file, unsigned line, unsigned column,
                       const char *format, va_list args)
{
    *error = (struct config_error){.line = line, .column = column, .count = 1};
    struct escape e;
    escape_init(&e, error->text, CONFIG_LINE_MAX / 2);
    escape_put(&e, bytes_text(file), ESCAPE_TEXT);
    size_t at = e.len;
    char place[32] = ": ";
    if (line != 0)
        snprintf(place, sizeof place, ":%u:%u: ", line, column);
    memcpy(error->text + at, place, strlen(place) + 1);
    at += strlen(place);
    vsnprintf(error->text + at, CONFIG_LINE_MAX - at, format, args);
}

void config_error_vadd(struct config_error *error, const char *file, unsigned line, unsigned column,
                       const char *format, va_list args)
{
    struct config_error next;
    size_t len = strlen(error->text), room = sizeof error->text - len;
    if (error->count == 0) {
        config_error_vset(error, file, line, column, format, args);
        return;
    }
    if (error->count > CONFIG_ERRORS_MAX)
        return;
    config_error_vset(&next, file, line, column, format, args);
    if (error->count++ == CONFIG_ERRORS_MAX || strlen(next.text) + CONFIG_LAST_MAX > room) {
        error->count = CONFIG_ERRORS_MAX + 1;
        snprintf(error->text + len, room, "\nthere are further errors");
        return;
    }
    snprintf(error->text + len, room, "\n%s", next.text);
}

void config_error_set(struct config_error *error, const char *file, unsigned line, unsigned column,
                      const char *format, ...)
{
    va_list args;
    va_start(args, format);
    config_error_vset(error, file, line, column, format, args);
    va_end(args);
}

struct config_hint config_hint(struct bytes word, const char *const *words, size_t count)
{
    struct config_hint hint = {""};
    struct nearest nearest;
    nearest_begin(&nearest, word);
    for (size_t i = 0; i < count; i++)
        if (nearest_offer(&nearest, bytes_text(words[i])))
            snprintf(hint.text, sizeof hint.text, " (did you mean '%s'?)", words[i]);
    return hint;
}
