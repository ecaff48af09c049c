/* SPDX-License-Identifier: BSD-2-Clause */
/* Words set into lines and columns. */
#include "cli/syntax/help_text.h"

#include <stdio.h>
#include <string.h>

enum { HELP_WIDTH = 88, HELP_COLUMN = 24, HELP_INDENT = 6 };

void help_copy(struct buf *text, char *out, size_t size)
{
    snprintf(out, size, "%.*s", (int)text->len, text->len == 0 ? "" : (const char *)text->data);
    buf_free(text);
}

void help_spaces(struct buf *out, size_t count)
{
    while (count-- > 0)
        buf_put_u8(out, ' ');
}

/* A word, up to a blank that is not inside brackets: "[--lock LOCK]" is one. */
static size_t word_len(const char *text)
{
    size_t len = 0;
    for (int depth = 0; text[len] != '\0' && (depth > 0 || text[len] != ' '); len++)
        depth += (text[len] == '[' || text[len] == '{') - (text[len] == ']' || text[len] == '}');
    return len;
}

size_t help_words(struct buf *out, const char *text, size_t at, size_t indent)
{
    const char *between = "";
    for (text += strspn(text, " "); *text != '\0'; text += strspn(text, " ")) {
        size_t len = word_len(text);
        if (*between != '\0' && at + 1 + len > HELP_WIDTH) {
            buf_put_u8(out, '\n');
            help_spaces(out, indent);
            at = indent;
        } else {
            buf_put_text(out, between);
            at += strlen(between);
        }
        buf_put(out, text, len);
        between = " ";
        at += len;
        text += len;
    }
    return at;
}

void help_paragraph(struct buf *out, const char *text, size_t indent)
{
    (void)help_words(out, text, indent, indent);
    buf_put_u8(out, '\n');
}

void help_entry(struct buf *out, struct buf *left, const char *right)
{
    char text[HELP_ENTRY];
    help_copy(left, text, sizeof text);
    buf_put_text(out, "  ");
    size_t column = help_words(out, text, 2, HELP_INDENT);
    if (column > HELP_COLUMN - 2 || strlen(text) > HELP_COLUMN) {
        buf_put_u8(out, '\n');
        help_spaces(out, HELP_COLUMN);
    } else {
        help_spaces(out, HELP_COLUMN - column);
    }
    help_paragraph(out, right, HELP_COLUMN);
}
