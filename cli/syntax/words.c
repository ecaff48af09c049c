/* SPDX-License-Identifier: BSD-2-Clause */
/* A small reader of shell words. */
#include "cli/syntax/words.h"

#include <stdlib.h>

struct splitter {
    const uint8_t *at, *end;
    struct buf *text;
    const char *error;
    bool open; /* the error is that the text ends too early */
};

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* A \ at the end of a line: the next line goes on where this one stands. */
static bool is_joint(const struct splitter *s)
{
    return s->end - s->at > 1 && s->at[0] == '\\' && s->at[1] == '\n';
}

static void unfinished(struct splitter *s, const char *error)
{
    s->error = error;
    s->open = true;
}

static void take_quoted(struct splitter *s, bool keep)
{
    uint8_t quote = *s->at++;
    if (keep)
        buf_put_u8(s->text, quote);
    for (; s->at < s->end && *s->at != quote; s->at++) {
        bool escape = *s->at == '\\' && quote == '"' && s->end - s->at > 1;
        if (escape && (keep || (s->at[1] != '"' && s->at[1] != '\\')))
            buf_put_u8(s->text, *s->at);
        s->at += escape;
        buf_put_u8(s->text, *s->at);
    }
    if (s->at == s->end) {
        unfinished(s, "a quote is not closed");
        return;
    }
    if (keep)
        buf_put_u8(s->text, quote);
    s->at++;
}

/* From a bracket to the one that closes it. */
static void take_bracket(struct splitter *s)
{
    size_t depth = 0;
    do {
        uint8_t c = *s->at;
        if (c == '\'' || c == '"') {
            take_quoted(s, true);
            continue;
        }
        depth += c == '{' || c == '[';
        depth -= c == '}' || c == ']';
        buf_put_u8(s->text, c);
        s->at++;
    } while (depth > 0 && s->at < s->end && s->error == NULL);
    if (depth > 0 && s->error == NULL)
        unfinished(s, "a bracket is not closed");
}

static void take_word(struct splitter *s)
{
    if (*s->at == '{' || *s->at == '[')
        take_bracket(s);
    while (s->at < s->end && !is_blank(*s->at) && s->error == NULL) {
        if (*s->at == '\'' || *s->at == '"') {
            take_quoted(s, false);
            continue;
        }
        if (is_joint(s)) {
            s->at += 2;
            continue;
        }
        if (*s->at == '\\' && ++s->at == s->end) {
            unfinished(s, "nothing follows the last \\");
            return;
        }
        buf_put_u8(s->text, *s->at++);
    }
    buf_put_u8(s->text, '\0');
}

static void skip_blanks(struct splitter *s)
{
    while (s->at < s->end && (is_blank(*s->at) || is_joint(s)))
        s->at += is_joint(s) ? 2 : 1;
}

static void skip_comment(struct splitter *s)
{
    while (s->at < s->end && *s->at != '\n')
        s->at++;
}

static const char *point_at_words(struct words *out)
{
    if (out->text.failed)
        return "out of memory";
    out->list = calloc(out->count + 1, sizeof *out->list);
    if (out->list == NULL)
        return "out of memory";
    char *at = (char *)out->text.data;
    for (size_t i = 0; i < out->count; i++, at += strlen(at) + 1)
        out->list[i] = at;
    return NULL;
}

const char *words_split(struct bytes line, struct words *out)
{
    struct splitter s = {line.data, line.data + line.len, &out->text, NULL, false};
    *out = (struct words){.list = NULL};
    buf_init(&out->text);
    if (line.len == 0)
        return point_at_words(out);
    if (memchr(line.data, '\0', line.len) != NULL)
        return "a NUL byte cannot be part of a word";
    for (;;) {
        skip_blanks(&s);
        if (s.at < s.end && *s.at == '#') {
            skip_comment(&s);
            continue;
        }
        if (s.at == s.end)
            return point_at_words(out);
        take_word(&s);
        out->open = s.open;
        if (s.error != NULL)
            return s.error;
        out->count++;
    }
}

void words_free(struct words *words)
{
    free(words->list);
    words->list = NULL;
    buf_free(&words->text);
}
