/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the rows, and finds who and what is named more than once by sorting. */
#include "cli/waits/graph_rows.h"

#include <stdlib.h>

#include "wire/value/value.h"

/* ---- fields ---- */

static struct val field(const struct val *row, const char *key)
{
    struct val_iter it = val_iter(row);
    struct bytes name, value;
    while (row->kind == VAL_DICT && val_next_pair(&it, &name, &value))
        if (bytes_equal(val_read(name).body, bytes_text(key)))
            return val_read(value);
    return val_read(bytes_of(NULL, 0));
}

static struct bytes field_text(const struct val *row, const char *key)
{
    struct val value = field(row, key);
    return value.kind == VAL_STR ? value.body : bytes_of(NULL, 0);
}

static int64_t field_int(const struct val *row, const char *key, int64_t fallback)
{
    struct val value = field(row, key);
    return value.kind == VAL_INT ? value.integer : fallback;
}

static bool field_bool(const struct val *row, const char *key)
{
    struct val value = field(row, key);
    return value.kind == VAL_BOOL && value.boolean;
}

static uint64_t field_id(const struct val *row, const char *key)
{
    struct bytes text = field_text(row, key);
    uint64_t id = 0;
    for (size_t i = 0; i < text.len && text.data[i] >= '0' && text.data[i] <= '9'; i++)
        id = id * 10 + (uint64_t)(text.data[i] - '0');
    return id;
}

/* ---- who and what is named ---- */

/* One place where an agent or an object is named; `to` is where its index belongs. */
struct mention {
    uint64_t session, holder;
    struct bytes name, other; /* other: the client's name, the object's type */
    size_t *to;
};

struct mentions {
    struct mention *agents, *objects;
    size_t agent_count, object_count;
};

static struct mention agent_mention(const struct val *row, size_t *to)
{
    return (struct mention){.session = field_id(row, "session"),
                            .holder = field_id(row, "holder"),
                            .other = field_text(row, "client"),
                            .to = to};
}

static int bytes_order(struct bytes a, struct bytes b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len == 0 ? 0 : memcmp(a.data, b.data, len);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* Equal ones in the order of their places, so that each is named as it was first. */
static int by_place(const struct mention *a, const struct mention *b)
{
    return a->to < b->to ? -1 : a->to > b->to;
}

static int by_agent(const void *left, const void *right)
{
    const struct mention *a = left, *b = right;
    if (a->session != b->session)
        return a->session < b->session ? -1 : 1;
    if (a->holder != b->holder)
        return a->holder < b->holder ? -1 : 1;
    return by_place(a, b);
}

static int by_name(const void *left, const void *right)
{
    const struct mention *a = left, *b = right;
    int order = bytes_order(a->name, b->name);
    return order != 0 ? order : by_place(a, b);
}

static void agents_name(struct graph *graph, const struct mentions *named)
{
    const struct mention *last = NULL;
    if (named->agent_count > 0)
        qsort(named->agents, named->agent_count, sizeof *last, by_agent);
    for (size_t i = 0; i < named->agent_count; last = &named->agents[i++]) {
        const struct mention *m = &named->agents[i];
        if (last == NULL || last->session != m->session || last->holder != m->holder)
            graph->agents[graph->agent_count++] = (struct graph_agent){.session = m->session,
                                                                       .holder = m->holder,
                                                                       .client = m->other,
                                                                       .first_row = GRAPH_NONE,
                                                                       .first_under = GRAPH_NONE,
                                                                       .first_hold = GRAPH_NONE,
                                                                       .first_child = GRAPH_NONE};
        *m->to = graph->agent_count - 1;
    }
}

static void objects_name(struct graph *graph, const struct mentions *named)
{
    const struct mention *last = NULL;
    if (named->object_count > 0)
        qsort(named->objects, named->object_count, sizeof *last, by_name);
    for (size_t i = 0; i < named->object_count; last = &named->objects[i++]) {
        const struct mention *m = &named->objects[i];
        if (last == NULL || !bytes_equal(last->name, m->name))
            graph->objects[graph->object_count++] =
                (struct graph_object){.name = m->name,
                                      .type = m->other,
                                      .first_row = GRAPH_NONE,
                                      .held_row = GRAPH_NONE,
                                      .parent = GRAPH_NONE,
                                      .next_sibling = GRAPH_NONE};
        *m->to = graph->object_count - 1;
    }
}

/* ---- rows ---- */

static void count_rows(const struct val *list, size_t *rows, size_t *holds)
{
    struct val_iter it = val_iter(list);
    struct bytes item;
    *rows = *holds = 0;
    while (list->kind == VAL_LIST && val_next(&it, &item)) {
        struct val row = val_read(item);
        struct val held = field(&row, "held_by");
        *rows += 1;
        *holds += held.kind == VAL_LIST ? val_count(&held) : 0;
    }
}

static void take_holds(struct graph *graph, struct mentions *named, const struct val *list)
{
    struct val_iter it = val_iter(list);
    struct bytes item;
    while (list->kind == VAL_LIST && val_next(&it, &item)) {
        struct val held = val_read(item);
        struct graph_hold *hold = &graph->holds[graph->hold_count++];
        *hold = (struct graph_hold){.row = graph->row_count, .token = field_text(&held, "token")};
        named->agents[named->agent_count++] = agent_mention(&held, &hold->agent);
    }
}

static void take_row(struct graph *graph, struct mentions *named, const struct val *dict)
{
    struct graph_row *row = &graph->rows[graph->row_count];
    struct val held = field(dict, "held_by");
    int64_t want = field_int(dict, "want", 0);
    *row = (struct graph_row){.outer = GRAPH_NONE,
                              .under = field_text(dict, "under"),
                              .operation = field_text(dict, "operation"),
                              .waited_ms = field_int(dict, "waited_ms", 0),
                              .left_ms = field_int(dict, "left_ms", -1),
                              .want = want,
                              .away = field_bool(dict, "away"),
                              .hold = graph->hold_count,
                              .more_holds = (size_t)field_int(dict, "held_by_more", 0)};
    take_holds(graph, named, &held);
    row->hold_count = graph->hold_count - row->hold;
    named->agents[named->agent_count++] = agent_mention(dict, &row->agent);
    named->objects[named->object_count++] = (struct mention){
        .name = field_text(dict, "object"), .other = field_text(dict, "type"), .to = &row->object};
    graph->row_count++;
}

static void take_rows(struct graph *graph, struct mentions *named, const struct val *list)
{
    struct val_iter it = val_iter(list);
    struct bytes item;
    while (list->kind == VAL_LIST && val_next(&it, &item)) {
        struct val dict = val_read(item);
        int64_t more = field_int(&dict, "more", 0);
        if (more > 0)
            graph->left_out += (uint64_t)more;
        else
            take_row(graph, named, &dict);
    }
}

/* ---- who waits inside of whom ---- */

static int by_token(const void *left, const void *right)
{
    const struct graph_hold *const *a = left, *const *b = right;
    return bytes_order((*a)->token, (*b)->token);
}

/* The owner of the grant that a row acts under is kept waiting by it. Only grants that
 * somebody waits for are known: others' owners are not linked. */
static bool link_outer(struct graph *graph)
{
    const struct graph_hold **holds = calloc(graph->hold_count + 1, sizeof *holds);
    if (holds == NULL)
        return false;
    for (size_t i = 0; i < graph->hold_count; i++)
        holds[i] = &graph->holds[i];
    qsort(holds, graph->hold_count, sizeof *holds, by_token);
    for (size_t i = graph->row_count; i-- > 0;) {
        struct graph_row *row = &graph->rows[i];
        const struct graph_hold sought = {.token = row->under}, *key = &sought;
        const struct graph_hold **found =
            row->under.len == 0 ? NULL
                                : bsearch(&key, holds, graph->hold_count, sizeof *holds, by_token);
        if (found == NULL || (*found)->agent == row->agent)
            continue;
        row->outer = (*found)->agent;
        graph->agents[row->outer].first_under = i;
    }
    free(holds);
    return true;
}

/* Each agent's and each object's rows, in order; each agent's holds. */
static void link_rows(struct graph *graph)
{
    for (size_t i = graph->row_count; i-- > 0;) {
        struct graph_row *row = &graph->rows[i];
        struct graph_object *object = &graph->objects[row->object];
        row->next_of_agent = graph->agents[row->agent].first_row;
        graph->agents[row->agent].first_row = i;
        row->next_of_object = object->first_row;
        object->first_row = i;
        if (row->hold_count > 0)
            object->held_row = i;
    }
    for (size_t i = graph->hold_count; i-- > 0;) {
        struct graph_agent *agent = &graph->agents[graph->holds[i].agent];
        graph->holds[i].next_of_agent = agent->first_hold;
        agent->first_hold = i;
    }
}

bool graph_rows_read(struct graph *graph, struct bytes rows)
{
    struct val list = val_read(rows);
    struct mentions named = {0};
    size_t row_max, hold_max;
    count_rows(&list, &row_max, &hold_max);
    graph->rows = calloc(row_max + 1, sizeof *graph->rows);
    graph->holds = calloc(hold_max + 1, sizeof *graph->holds);
    graph->agents = calloc(row_max + hold_max + 1, sizeof *graph->agents);
    graph->objects = calloc(row_max + 1, sizeof *graph->objects);
    named.agents = calloc(row_max + hold_max + 1, sizeof *named.agents);
    named.objects = calloc(row_max + 1, sizeof *named.objects);
    bool ok = graph->rows != NULL && graph->holds != NULL && graph->agents != NULL &&
              graph->objects != NULL && named.agents != NULL && named.objects != NULL;
    if (ok) {
        take_rows(graph, &named, &list);
        agents_name(graph, &named);
        objects_name(graph, &named);
        link_rows(graph);
        ok = link_outer(graph);
    }
    free(named.agents);
    free(named.objects);
    return ok;
}
