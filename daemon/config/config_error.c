/* SPDX-License-Identifier: BSD-2-Clause */
/* Error messages about a configuration: position, escaped quotes, suggestions. */
#include "daemon/config/config_error.h"

#include <stdio.h>

#include "daemon/base/escape.h"

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
    *error = (struct config_error){.line = line, .column = column};
    struct escape e;
    escape_init(&e, error->text, sizeof error->text / 2);
    escape_put(&e, bytes_text(file), ESCAPE_TEXT);
    size_t at = e.len;
    char place[32] = ": ";
    if (line != 0)
        snprintf(place, sizeof place, ":%u:%u: ", line, column);
    memcpy(error->text + at, place, strlen(place) + 1);
    at += strlen(place);
    vsnprintf(error->text + at, sizeof error->text - at, format, args);
}

void config_error_set(struct config_error *error, const char *file, unsigned line, unsigned column,
                      const char *format, ...)
{
    va_list args;
    va_start(args, format);
    config_error_vset(error, file, line, column, format, args);
    va_end(args);
}

enum { WORD_MAX = 31 }; /* longer words are not compared */

/* Edit distance: characters inserted, deleted or replaced, or two neighbours swapped. */
static unsigned distance(struct bytes a, struct bytes b)
{
    unsigned table[WORD_MAX + 1][WORD_MAX + 1];
    for (unsigned i = 0; i <= a.len; i++)
        table[i][0] = i;
    for (unsigned j = 0; j <= b.len; j++)
        table[0][j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        for (size_t j = 1; j <= b.len; j++) {
            unsigned change = table[i - 1][j - 1] + (a.data[i - 1] != b.data[j - 1]);
            unsigned left_out = table[i - 1][j] + 1;
            unsigned put_in = table[i][j - 1] + 1;
            unsigned best = left_out < put_in ? left_out : put_in;
            best = change < best ? change : best;
            if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] &&
                a.data[i - 2] == b.data[j - 1] && table[i - 2][j - 2] + 1 < best)
                best = table[i - 2][j - 2] + 1;
            table[i][j] = best;
        }
    }
    return table[a.len][b.len];
}

static const char *nearest_word(struct bytes word, const char *const *words, size_t count)
{
    if (word.len > WORD_MAX)
        return NULL;
    const char *nearest = NULL;
    unsigned best = (unsigned)word.len / 3 + 1; /* with more edits it is another word */
    for (size_t i = 0; i < count; i++) {
        struct bytes candidate = bytes_text(words[i]);
        if (candidate.len > WORD_MAX)
            continue;
        unsigned edits = distance(word, candidate);
        if (edits <= best && edits < candidate.len) {
            best = edits - (edits > 0);
            nearest = words[i];
        }
    }
    return nearest;
}

struct config_hint config_hint(struct bytes word, const char *const *words, size_t count)
{
    struct config_hint hint = {""};
    const char *nearest = nearest_word(word, words, count);
    if (nearest != NULL)
        snprintf(hint.text, sizeof hint.text, " (did you mean '%s'?)", nearest);
    return hint;
}
