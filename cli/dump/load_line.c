/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of JSON become what they say; what no line of a dump has is refused. */
#include "cli/dump/load_line.h"

#include <stdarg.h>
#include <stdio.h>

#include "wire/literal/literal_quote.h"

static __attribute__((format(printf, 2, 3))) bool fail(char why[RESTORE_WHY], const char *format,
                                                       ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(why, RESTORE_WHY, format, args);
    va_end(args);
    return false;
}

static bool take_header(const struct val *version, char why[RESTORE_WHY])
{
    if (version->kind != VAL_INT || version->integer != DUMP_VERSION)
        return fail(why, "a dump of a version that this mgrctl does not know (it knows %d)",
                    DUMP_VERSION);
    return true; /* further fields of a header are remarks */
}

static bool take_end(const struct val *end, char why[RESTORE_WHY])
{
    return (end->kind == VAL_BOOL && end->boolean) || fail(why, "\"end\" can only be true");
}

static bool fail_kind(const struct dump_param *param, char why[RESTORE_WHY])
{
    static const char *const wanted[] = {
        [DUMP_TEXT] = "a string",        [DUMP_NUMBER] = "a whole number from 0 to 2^63-1",
        [DUMP_FLAG] = "true or false",   [DUMP_LOCK] = "the name of a lock",
        [DUMP_CLOSED] = "true or false",
    };
    return fail(why, "\"%s\" takes %s", param->field, wanted[param->kind]);
}

static bool take_type(struct load_line *line, char why[RESTORE_WHY])
{
    char room[QUOTE_EXCERPT];
    struct val type;
    if (!load_line_param(line, "type", &type) || type.kind != VAL_STR)
        return fail(why, "an object without \"type\"");
    line->type = type_find(type.body);
    return line->type != NULL ||
           fail(why, "there is no type \"%s\"", quote_excerpt(type.body, room));
}

/* All fields behind the first. */
static bool take_fields(struct load_line *line, char why[RESTORE_WHY])
{
    struct val_iter it = val_iter(&line->fields);
    struct bytes key, member;
    char room[QUOTE_EXCERPT];
    (void)val_next_pair(&it, &key, &member);
    while (val_next_pair(&it, &key, &member)) {
        struct bytes field = val_read(key).body;
        struct val value = val_read(member);
        const struct dump_param *param = NULL;
        if (bytes_equal(field, bytes_text("content"))) {
            line->content = member;
            continue;
        }
        if (line->kind == RESTORE_OBJECT && bytes_equal(field, bytes_text("type")))
            continue;
        if (line->kind == RESTORE_OBJECT)
            param = dump_param_find(line->type, field);
        if (param == NULL)
            return fail(why, "%s has no field \"%s\"",
                        line->kind == RESTORE_OBJECT ? line->type->name : "a line of more",
                        quote_excerpt(field, room));
        if (!dump_param_fits(param, &value))
            return fail_kind(param, why);
    }
    return true;
}

static bool take_object(struct load_line *line, const struct val *name, char why[RESTORE_WHY])
{
    if (name->kind != VAL_STR || name->body.len == 0 ||
        memchr(name->body.data, '\0', name->body.len) != NULL)
        return fail(why, "no name of an object");
    line->name = name->body;
    return (line->kind != RESTORE_OBJECT || take_type(line, why)) && take_fields(line, why) &&
           (line->kind != RESTORE_OBJECT || load_line_fits(line, line->type, why));
}

bool load_line_read(struct bytes text, const struct literal_names *names, struct buf *value,
                    struct load_line *line, char why[RESTORE_WHY])
{
    static const char *const kinds[] = {"mgrd_dump", "object", "more", "end"};
    struct literal_error error;
    struct bytes key, member;
    *line = (struct load_line){.kind = RESTORE_HEADER};
    buf_reset(value, SIZE_MAX);
    if (!literal_read_tagged(text, names, value, &error))
        return fail(why, "column %zu: %s", error.column, error.text);
    line->fields = val_read(buf_bytes(value));
    struct val_iter it = val_iter(&line->fields);
    if (line->fields.kind != VAL_DICT || !val_next_pair(&it, &key, &member))
        return fail(why, "no JSON object with fields");
    struct bytes first = val_read(key).body;
    struct val said = val_read(member);
    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (val_read(key).kind != VAL_STR || !bytes_equal(first, bytes_text(kinds[i])))
            continue;
        line->kind = (enum load_kind)i;
        return line->kind == RESTORE_HEADER ? take_header(&said, why)
               : line->kind == RESTORE_END  ? take_end(&said, why)
                                            : take_object(line, &said, why);
    }
    return fail(why, "a line starts with \"object\", \"more\" or \"end\"");
}

bool load_line_fits(const struct load_line *line, const struct type_row *type,
                    char why[RESTORE_WHY])
{
    enum val_kind kind = val_read(line->content).kind;
    if (kind == VAL_NOT_GIVEN)
        return true;
    switch (type->content) {
    case CONTENT_PAIRS:
        return kind == VAL_DICT ||
               fail(why, "the content of a %s is an object or {\"$dict\": [..]}", type->name);
    case CONTENT_LIST:
        return kind == VAL_LIST || fail(why, "the content of a %s is a list", type->name);
    case CONTENT_SET:
        return kind == VAL_SET || fail(why, "the content of a %s is {\"$set\": [..]}", type->name);
    case CONTENT_STATE:
        return fail(why, "a %s has no content", type->name);
    case CONTENT_ONE:
        return line->kind == RESTORE_OBJECT || fail(why, "a %s has one line", type->name);
    }
    return false;
}

bool load_line_param(const struct load_line *line, const char *field, struct val *value)
{
    struct val_iter it = val_iter(&line->fields);
    struct bytes key, member;
    while (val_next_pair(&it, &key, &member)) {
        if (bytes_equal(val_read(key).body, bytes_text(field))) {
            *value = val_read(member);
            return true;
        }
    }
    return false;
}

size_t load_line_count(const struct load_line *line, const struct type_row *type)
{
    struct val content = val_read(line->content);
    if (line->content.len == 0)
        return 0;
    return type->content == CONTENT_ONE ? 1 : val_count(&content);
}
