/* SPDX-License-Identifier: BSD-2-Clause */
/* Who waits for whom, as text for Graphviz: mgrctl waits -o dot | dot -Tsvg. */
#include "cli/waits/graph.h"
#include "wire/literal/literal.h"

/* The text inside a quoted string. */
static void put_quoted(struct bytes text, struct buf *out)
{
    struct buf plain;
    buf_init(&plain);
    literal_escape(text, &plain);
    for (size_t i = 0; i < plain.len; i++) {
        if (plain.data[i] == '"' || plain.data[i] == '\\')
            buf_put_u8(out, '\\');
        buf_put_u8(out, plain.data[i]);
    }
    out->failed = out->failed || plain.failed;
    buf_free(&plain);
}

static void put_who(const struct graph_agent *agent, struct buf *out)
{
    put_quoted(agent->client, out);
    buf_put_text(out, "\\n");
    graph_put_session(agent, out);
}

static void put_agents(const struct graph *graph, size_t only, struct buf *out)
{
    for (size_t i = 0; i < graph->agent_count; i++) {
        const struct graph_agent *agent = &graph->agents[i];
        if (only != GRAPH_NONE && agent->group != graph->objects[only].group)
            continue;
        buf_printf(out, "  a%zu [label=\"", i);
        put_who(agent, out);
        buf_put_text(out, agent->fate == GRAPH_DEAD     ? "\", color=red"
                          : agent->fate == GRAPH_BEHIND ? "\", color=orange"
                                                        : "\"");
        buf_put_text(out, "];\n");
    }
}

static void put_owners(const struct graph *graph, size_t index, struct buf *out)
{
    const struct graph_object *object = &graph->objects[index];
    const struct graph_row *row = &graph->rows[object->held_row];
    for (size_t k = 0; k < row->hold_count; k++) {
        const struct graph_hold *hold = &graph->holds[row->hold + k];
        buf_printf(out, "  o%zu -> a%zu [label=\"", index, hold->agent);
        put_quoted(hold->token, out);
        buf_put_text(out, row->going ? "\"];\n" : "\", color=red];\n");
    }
    if (row->more_holds > 0) {
        buf_printf(out, "  m%zu [shape=plain, label=\"and %zu more\"];\n", index, row->more_holds);
        buf_printf(out, "  o%zu -> m%zu;\n", index, index);
    }
}

static void put_row(const struct graph_row *row, struct buf *out)
{
    buf_printf(out, "  a%zu -> o%zu [style=dashed, label=\"", row->agent, row->object);
    put_quoted(row->operation, out);
    buf_put_u8(out, ' ');
    elapsed_put(row->waited_ms, out);
    if (row->under.len > 0) {
        buf_put_text(out, "\\nunder token ");
        put_quoted(row->under, out);
    }
    if (row->away)
        buf_put_text(out, "\\naway");
    buf_put_text(out, row->going ? "\"];\n" : "\", color=red];\n");
    if (row->outer != GRAPH_NONE)
        buf_printf(out, "  a%zu -> a%zu [style=dotted];\n", row->outer, row->agent);
}

void graph_put_dot(const struct graph *graph, size_t only, struct buf *out)
{
    buf_put_text(out, "digraph waits {\n  rankdir=LR;\n  node [shape=ellipse];\n");
    put_agents(graph, only, out);
    for (size_t i = 0; i < graph->object_count; i++) {
        const struct graph_object *object = &graph->objects[i];
        if (!graph_object_chosen(graph, i, only))
            continue;
        buf_printf(out, "  o%zu [shape=box, label=\"", i);
        put_quoted(object->type, out);
        buf_put_text(out, "\\n");
        put_quoted(object->name, out);
        buf_put_text(out, "\"];\n");
        if (object->held_row != GRAPH_NONE)
            put_owners(graph, i, out);
        for (size_t row = object->first_row; row != GRAPH_NONE;
             row = graph->rows[row].next_of_object)
            put_row(&graph->rows[row], out);
    }
    buf_put_text(out, "}\n");
}
