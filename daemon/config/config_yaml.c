/* SPDX-License-Identifier: BSD-2-Clause */
/* A strict reader of YAML events, based on libyaml's parser.
 *
 * libyaml takes quadratic time for deep nesting and has no limits. So the text's size is limited
 * before parsing, and the nesting at each event: the parser never gets much further than it may. */
#include "daemon/config/config_yaml.h"

bool config_yaml_fail(struct config_yaml *yaml, const struct config_event *at, const char *format,
                      ...)
{
    va_list args;
    yaml->failed = true;
    if (yaml->muted)
        return false;
    va_start(args, format);
    config_error_vadd(yaml->error, yaml->file, at->line, at->column, format, args);
    va_end(args);
    return false;
}

bool config_yaml_nomem(struct config_yaml *yaml)
{
    yaml->failed = yaml->over = true;
    config_error_set(yaml->error, yaml->file, 0, 0, "out of memory");
    return false;
}

/* The position of a byte; offset may be the end of the text. */
static struct config_event place_of(struct bytes text, size_t offset)
{
    struct config_event at = {.line = 1, .column = 1};
    for (size_t i = 0; i < offset && i < text.len; i++) {
        if (text.data[i] == '\n') {
            at.line++;
            at.column = 1;
        } else if ((text.data[i] & 0xc0) != 0x80) {
            at.column++;
        }
    }
    return at;
}

static struct config_event place_at(yaml_mark_t mark)
{
    return (struct config_event){.line = (unsigned)mark.line + 1,
                                 .column = (unsigned)mark.column + 1};
}

static bool check_text(struct config_yaml *yaml, struct bytes text)
{
    if (text.len > CONFIG_FILE_MAX) {
        struct config_event nowhere = {.line = 0};
        return config_yaml_fail(yaml, &nowhere, "larger than %d KiB (%zu bytes)",
                                CONFIG_FILE_MAX / 1024, text.len);
    }
    const uint8_t *tab = text.len > 0 ? memchr(text.data, '\t', text.len) : NULL;
    if (tab != NULL) {
        struct config_event at = place_of(text, (size_t)(tab - text.data));
        return config_yaml_fail(yaml, &at,
                                "a tab: use spaces (in a double-quoted string, write \\t)");
    }
    return true;
}

bool config_yaml_open(struct config_yaml *yaml, struct bytes text, const char *file,
                      struct config_error *error)
{
    *yaml = (struct config_yaml){.file = file, .error = error, .text = text};
    *error = (struct config_error){.count = 0};
    if (!check_text(yaml, text))
        return false;
    if (!yaml_parser_initialize(&yaml->parser))
        return config_yaml_nomem(yaml);
    yaml->has_parser = true;
    yaml_parser_set_encoding(&yaml->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&yaml->parser, text.len > 0 ? text.data : (const uint8_t *)"",
                                 text.len);
    return true;
}

static void drop_event(struct config_yaml *yaml)
{
    if (yaml->has_event)
        yaml_event_delete(&yaml->event);
    yaml->has_event = false;
}

void config_yaml_close(struct config_yaml *yaml)
{
    drop_event(yaml);
    if (yaml->has_parser)
        yaml_parser_delete(&yaml->parser);
    yaml->has_parser = false;
}

static bool fail_parser(struct config_yaml *yaml)
{
    const yaml_parser_t *parser = &yaml->parser;
    if (parser->error == YAML_MEMORY_ERROR)
        return config_yaml_nomem(yaml);
    struct config_event at = parser->error == YAML_READER_ERROR
                                 ? place_of(yaml->text, parser->problem_offset)
                                 : place_at(parser->problem_mark);
    const char *problem = parser->problem != NULL ? parser->problem : "cannot be read";
    if (parser->context != NULL)
        return config_yaml_fail(yaml, &at, "not YAML: %s (%s)", problem, parser->context);
    return config_yaml_fail(yaml, &at, "not YAML: %s", problem);
}

static bool check_properties(struct config_yaml *yaml, const struct config_event *event,
                             const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (anchor != NULL)
        return config_yaml_fail(yaml, event, "anchors (&%s) are not allowed",
                                config_quote(bytes_text((const char *)anchor)).text);
    if (tag != NULL)
        return config_yaml_fail(yaml, event, "tags (%s) are not allowed",
                                config_quote(bytes_text((const char *)tag)).text);
    return true;
}

static bool open_nest(struct config_yaml *yaml, struct config_event *event,
                      enum config_event_kind kind)
{
    event->kind = kind;
    if (yaml->depth == CONFIG_DEPTH_MAX)
        return config_yaml_fail(yaml, event, "more than %d lists and mappings inside each other",
                                CONFIG_DEPTH_MAX);
    yaml->depth++;
    return true;
}

static bool close_nest(struct config_yaml *yaml, struct config_event *event,
                       enum config_event_kind kind)
{
    event->kind = kind;
    yaml->depth--;
    return true;
}

static bool read_scalar(struct config_yaml *yaml, struct config_event *event)
{
    const yaml_event_t *raw = &yaml->event;
    event->kind = CONFIG_EVENT_SCALAR;
    event->plain = raw->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    event->text = bytes_of(raw->data.scalar.value, raw->data.scalar.length);
    return check_properties(yaml, event, raw->data.scalar.anchor, raw->data.scalar.tag);
}

static bool start_document(struct config_yaml *yaml, const struct config_event *event)
{
    const yaml_event_t *raw = &yaml->event;
    if (yaml->documents++ > 0)
        return config_yaml_fail(yaml, event, "a second document: the file must be one");
    if (raw->data.document_start.version_directive != NULL ||
        raw->data.document_start.tag_directives.start !=
            raw->data.document_start.tag_directives.end)
        return config_yaml_fail(yaml, event, "directives (%%...) are not allowed");
    return true;
}

/* Converts a libyaml event. False: the error is set. *skip: the event is not for the caller. */
static bool translate(struct config_yaml *yaml, struct config_event *event, bool *skip)
{
    const yaml_event_t *raw = &yaml->event;
    *event = place_at(raw->start_mark);
    switch (raw->type) {
    case YAML_SCALAR_EVENT:
        return read_scalar(yaml, event);
    case YAML_SEQUENCE_START_EVENT:
        return check_properties(yaml, event, raw->data.sequence_start.anchor,
                                raw->data.sequence_start.tag) &&
               open_nest(yaml, event, CONFIG_EVENT_LIST);
    case YAML_MAPPING_START_EVENT:
        return check_properties(yaml, event, raw->data.mapping_start.anchor,
                                raw->data.mapping_start.tag) &&
               open_nest(yaml, event, CONFIG_EVENT_MAP);
    case YAML_SEQUENCE_END_EVENT:
        return close_nest(yaml, event, CONFIG_EVENT_LIST_END);
    case YAML_MAPPING_END_EVENT:
        return close_nest(yaml, event, CONFIG_EVENT_MAP_END);
    case YAML_ALIAS_EVENT:
        return config_yaml_fail(
            yaml, event, "aliases (*%s) are not allowed",
            config_quote(bytes_text((const char *)raw->data.alias.anchor)).text);
    case YAML_DOCUMENT_START_EVENT:
        *skip = true;
        return start_document(yaml, event);
    case YAML_STREAM_END_EVENT:
        event->kind = CONFIG_EVENT_END;
        return true;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        break;
    }
    *skip = true;
    return true;
}

static bool read_event(struct config_yaml *yaml, struct config_event *event)
{
    for (;;) {
        bool skip = false;
        drop_event(yaml);
        if (!yaml_parser_parse(&yaml->parser, &yaml->event))
            return fail_parser(yaml);
        yaml->has_event = true;
        if (!translate(yaml, event, &skip))
            return false;
        if (!skip)
            return true;
    }
}

bool config_yaml_next(struct config_yaml *yaml, struct config_event *event)
{
    yaml->over = yaml->over || !read_event(yaml, event);
    yaml->events++;
    return !yaml->over;
}

struct config_mark config_yaml_mark(const struct config_yaml *yaml, bool is_key)
{
    return (struct config_mark){yaml->depth, yaml->events + is_key};
}

bool config_yaml_recover(struct config_yaml *yaml, struct config_mark mark)
{
    struct config_event event;
    bool unread = yaml->events == mark.events;              /* the key's value */
    if (yaml->over || (unread && yaml->depth > mark.depth)) /* or a key that is no word */
        return false;
    yaml->muted = true;
    bool done = !unread || config_yaml_next(yaml, &event);
    while (done && yaml->depth > mark.depth)
        done = config_yaml_next(yaml, &event);
    yaml->muted = false;
    return done;
}

bool config_event_is_null(const struct config_event *event)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    if (event->kind != CONFIG_EVENT_SCALAR || !event->plain)
        return false;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (bytes_equal(event->text, bytes_text(words[i])))
            return true;
    return false;
}
