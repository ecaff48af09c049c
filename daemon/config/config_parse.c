/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets the members of struct config from YAML events, by the table. */
#include "daemon/config/config_parse.h"

#include <stdlib.h>

#include "daemon/config/config.h"
#include "daemon/config/config_table.h"
#include "daemon/config/config_yaml.h"

enum { ROWS_MAX = 64 }; /* more than the table has */

struct parse {
    struct config_yaml yaml;
    struct config *config;
    unsigned lines[ROWS_MAX]; /* line of each row's key; 0: not seen */
};

static bool set_number(struct parse *p, const struct config_row *row,
                       const struct config_event *value)
{
    struct config_fault fault;
    if (value->kind != CONFIG_EVENT_SCALAR)
        return config_yaml_fail(&p->yaml, value, "%s must be one word or number", row->path);
    return config_row_set(row, p->config, value->text, &fault) ||
           config_yaml_fail(&p->yaml, value, "%s: '%s' %s", row->path,
                            config_quote(value->text).text, fault.text);
}

static bool set_path(struct parse *p, const struct config_row *row,
                     const struct config_event *value)
{
    if (value->kind != CONFIG_EVENT_SCALAR || config_event_is_null(value) || value->text.len == 0)
        return config_yaml_fail(&p->yaml, value, "%s must be a path", row->path);
    if (memchr(value->text.data, '\0', value->text.len) != NULL)
        return config_yaml_fail(&p->yaml, value, "%s: a path cannot hold a NUL", row->path);
    if (value->text.data[0] == '~')
        return config_yaml_fail(&p->yaml, value, "%s: '~' is not expanded: write the whole path",
                                row->path);
    char **path = (char **)(void *)((char *)p->config + row->offset);
    *path = strndup((const char *)value->text.data, value->text.len);
    return *path != NULL || config_yaml_nomem(&p->yaml);
}

/* Refuses an address that other machines can reach: this version cannot authenticate clients. */
static bool refuse_remote(struct parse *p, const struct config_event *item,
                          const struct address *address)
{
    unsigned port = address_port(address);
    return config_yaml_fail(
        &p->yaml, item,
        "%s can be reached from other machines, and this version cannot tell who connects.\n"
        "Change it to:\n"
        "listen:\n"
        "  - 127.0.0.1:%u\n"
        "  - '[::1]:%u'",
        config_quote(bytes_text(address->text)).text, port, port);
}

static bool add_address(struct parse *p, const struct config_event *item)
{
    struct address address;
    if (item->kind != CONFIG_EVENT_SCALAR)
        return config_yaml_fail(
            &p->yaml, item,
            "an address must be one word: HOST:PORT, '[V6]:PORT' (quoted) or unix:PATH");
    const char *fault = address_read(item->text, &address);
    if (fault != NULL)
        return config_yaml_fail(&p->yaml, item, "the address '%s' %s",
                                config_quote(item->text).text, fault);
    if (!address_is_local((const struct sockaddr *)&address.socket, address.socket_len))
        return refuse_remote(p, item, &address);
    if (p->config->listen.count == LISTEN_MAX)
        return config_yaml_fail(&p->yaml, item, "more than %d addresses", LISTEN_MAX);
    return listen_add(&p->config->listen, &address) || config_yaml_nomem(&p->yaml);
}

static bool set_listen(struct parse *p, const struct config_event *start)
{
    if (start->kind != CONFIG_EVENT_LIST)
        return config_yaml_fail(&p->yaml, start, "listen must be a list of addresses");
    for (;;) {
        struct config_event item;
        struct config_mark mark = config_yaml_mark(&p->yaml, false);
        if (!config_yaml_next(&p->yaml, &item))
            return false;
        if (item.kind == CONFIG_EVENT_LIST_END)
            break;
        if (!add_address(p, &item) && !config_yaml_recover(&p->yaml, mark))
            return false;
    }
    return p->config->listen.count > 0 || p->yaml.failed ||
           config_yaml_fail(&p->yaml, start, "listen must have an address at least");
}

static bool set_section(struct parse *p, const struct config_row *section,
                        const struct config_event *start);

static bool set_row(struct parse *p, const struct config_row *row, const struct config_event *key)
{
    struct config_event value;
    if (row->type == CONFIG_RESERVED)
        return config_yaml_fail(&p->yaml, key, "%s (%s) is not in this version", row->path,
                                row->help);
    if (!config_yaml_next(&p->yaml, &value))
        return false;
    switch (row->type) {
    case CONFIG_SECTION:
        return set_section(p, row, &value);
    case CONFIG_PATH:
        return set_path(p, row, &value);
    case CONFIG_LISTEN:
        return set_listen(p, &value);
    case CONFIG_OBJECTS:
        return config_objects_read(&p->yaml, &value, &p->config->objects);
    case CONFIG_SIZE:
    case CONFIG_DURATION:
    case CONFIG_COUNT:
    case CONFIG_CHOICE:
    case CONFIG_RESERVED:
        break;
    }
    return set_number(p, row, &value);
}

static bool set_key(struct parse *p, const struct config_row *section,
                    const struct config_event *key)
{
    size_t count;
    const struct config_row *rows = config_rows(&count);
    if (key->kind != CONFIG_EVENT_SCALAR)
        return config_yaml_fail(&p->yaml, key, "a key must be a word");
    const struct config_row *row = config_row_find(section, key->text);
    if (row == NULL)
        return config_yaml_fail(&p->yaml, key, "there is no key '%s'%s%s%s",
                                config_quote(key->text).text, section != NULL ? " in " : "",
                                section != NULL ? section->path : "",
                                config_row_hint(section, key->text).text);
    unsigned *line = &p->lines[row - rows];
    if (*line != 0)
        return config_yaml_fail(&p->yaml, key, "%s is given twice, first in line %u", row->path,
                                *line);
    *line = key->line;
    p->config->journal_asked |= strcmp(row->path, "journal.mode") == 0;
    return set_row(p, row, key);
}

/* Reads the mapping that `start` opens. No value (all lines below the key are comments) counts
 * as an empty mapping. */
static bool set_section(struct parse *p, const struct config_row *section,
                        const struct config_event *start)
{
    if (config_event_is_null(start))
        return true;
    if (start->kind != CONFIG_EVENT_MAP)
        return config_yaml_fail(&p->yaml, start, "%s must be a mapping of KEY: VALUE",
                                section != NULL ? section->path : "the configuration");
    for (;;) {
        struct config_event key;
        struct config_mark mark = config_yaml_mark(&p->yaml, true);
        if (!config_yaml_next(&p->yaml, &key))
            return false;
        if (key.kind == CONFIG_EVENT_MAP_END)
            return true;
        if (!set_key(p, section, &key) && !config_yaml_recover(&p->yaml, mark))
            return false;
    }
}

static bool parse_all(struct parse *p)
{
    struct config_event event;
    if (!config_yaml_next(&p->yaml, &event))
        return false;
    if (event.kind == CONFIG_EVENT_END)
        return true;
    /* also reads the last event: a second document may follow */
    return set_section(p, NULL, &event) && config_yaml_next(&p->yaml, &event);
}

bool config_parse_text(struct bytes yaml, const char *file, struct config *config,
                       struct config_error *error)
{
    struct parse p = {.config = config};
    bool done = config_yaml_open(&p.yaml, yaml, file, error) && parse_all(&p) && !p.yaml.failed;
    config_yaml_close(&p.yaml);
    return done;
}
