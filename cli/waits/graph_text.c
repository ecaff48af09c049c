/* SPDX-License-Identifier: BSD-2-Clause */
/* Who waits for whom, as lines for people: the tree, and the cycles. */
#include <inttypes.h>
#include <stdlib.h>

#include "cli/waits/graph.h"
#include "wire/literal/literal.h"

/* Deeper lines stand below each other: a chain of n must not take n * n blanks. */
enum { INDENT = 2, INDENT_MAX = 30, SHOWN_HOLDS = 3 };

void graph_put_session(const struct graph_agent *agent, struct buf *out)
{
    buf_printf(out, "session %" PRIu64, agent->session);
    if (agent->holder != 0)
        buf_printf(out, ", holder %" PRIu64, agent->holder);
}

void graph_put_who(const struct graph_agent *agent, struct buf *out)
{
    literal_escape(agent->client, out);
    buf_put_text(out, " (");
    graph_put_session(agent, out);
    buf_put_u8(out, ')');
}

static void put_object(const struct graph_object *object, struct buf *out)
{
    literal_escape(object->type, out);
    buf_put_text(out, " \"");
    literal_escape(object->name, out);
    buf_put_u8(out, '"');
}

static void put_indent(size_t depth, struct buf *out)
{
    for (size_t i = 0; i < depth && i < INDENT_MAX; i++)
        for (size_t k = 0; k < INDENT; k++)
            buf_put_u8(out, ' ');
}

/* ---- the tree ---- */

/* An object whose waiters are being printed. */
struct frame {
    size_t object, row; /* the next row of it */
    size_t child;       /* the next object that the last row's agent owns */
};

struct walk {
    const struct graph *graph;
    struct buf *out;
    struct frame *frames;
    size_t depth;
    bool *printed; /* by object */
};

static void put_owners(const struct walk *walk, const struct graph_object *object)
{
    const struct graph *graph = walk->graph;
    if (object->held_row == GRAPH_NONE)
        return;
    const struct graph_row *row = &graph->rows[object->held_row];
    size_t shown = row->hold_count < SHOWN_HOLDS ? row->hold_count : SHOWN_HOLDS;
    for (size_t k = 0; k < shown; k++) {
        const struct graph_hold *hold = &graph->holds[row->hold + k];
        buf_put_text(walk->out, k == 0 ? " held by " : ", ");
        graph_put_who(&graph->agents[hold->agent], walk->out);
        buf_put_text(walk->out, " token ");
        literal_escape(hold->token, walk->out);
    }
    if (row->hold_count + row->more_holds > shown)
        buf_printf(walk->out, " and %zu more", row->hold_count + row->more_holds - shown);
}

static void enter(struct walk *walk, size_t index)
{
    const struct graph_object *object = &walk->graph->objects[index];
    put_indent(2 * walk->depth, walk->out);
    if (walk->printed[index]) {
        buf_put_text(walk->out, "holds ");
        put_object(object, walk->out);
        buf_put_text(walk->out, ", see above\n");
        return;
    }
    put_object(object, walk->out);
    put_owners(walk, object);
    buf_put_u8(walk->out, '\n');
    walk->printed[index] = true;
    walk->frames[walk->depth++] = (struct frame){index, object->first_row, GRAPH_NONE};
}

/* ", under token 5" */
static void put_under(const struct graph_row *row, struct buf *out)
{
    if (row->under.len == 0)
        return;
    buf_put_text(out, ", under token ");
    literal_escape(row->under, out);
}

static void put_row(const struct walk *walk, const struct graph_row *row)
{
    const struct graph_agent *agent = &walk->graph->agents[row->agent];
    put_indent(2 * walk->depth - 1, walk->out);
    graph_put_who(agent, walk->out);
    buf_put_u8(walk->out, ' ');
    literal_escape(row->operation, walk->out);
    if (row->want > 0)
        buf_printf(walk->out, " of %" PRId64, row->want);
    buf_put_text(walk->out, ", waits ");
    elapsed_put(row->waited_ms, walk->out);
    if (row->left_ms >= 0) {
        buf_put_text(walk->out, ", for ");
        elapsed_put(row->left_ms, walk->out);
        buf_put_text(walk->out, " more");
    }
    put_under(row, walk->out);
    if (row->away)
        buf_put_text(walk->out, ", away");
    if (!row->going)
        buf_put_text(walk->out,
                     graph_row_dead(walk->graph, row) ? "  [deadlock]" : "  [behind a deadlock]");
    buf_put_u8(walk->out, '\n');
}

/* The next line of the innermost object, or back to the one around it. */
static void step(struct walk *walk)
{
    const struct graph *graph = walk->graph;
    struct frame *frame = &walk->frames[walk->depth - 1];
    if (frame->child != GRAPH_NONE) {
        size_t child = frame->child;
        frame->child = graph->objects[child].next_sibling;
        enter(walk, child);
        return;
    }
    if (frame->row == GRAPH_NONE) {
        walk->depth--;
        return;
    }
    const struct graph_row *row = &graph->rows[frame->row];
    const struct graph_agent *agent = &graph->agents[row->agent];
    put_row(walk, row);
    frame->child = agent->first_row == frame->row ? agent->first_child : GRAPH_NONE;
    frame->row = row->next_of_object;
}

static void put_from(struct walk *walk, size_t object, size_t only)
{
    if (walk->printed[object] || !graph_object_chosen(walk->graph, object, only))
        return;
    enter(walk, object);
    while (walk->depth > 0)
        step(walk);
}

void graph_put_tree(const struct graph *graph, size_t only, struct buf *out)
{
    struct walk walk = {.graph = graph, .out = out};
    walk.frames = calloc(graph->object_count + 1, sizeof *walk.frames);
    walk.printed = calloc(graph->object_count + 1, sizeof *walk.printed);
    if (walk.frames == NULL || walk.printed == NULL) {
        out->failed = true;
    } else {
        for (size_t i = 0; i < graph->object_count; i++)
            if (graph->objects[i].parent == GRAPH_NONE)
                put_from(&walk, i, only);
        for (size_t i = 0; i < graph->cycle_count; i++)
            put_from(&walk, graph->rows[graph_row_of(&graph->agents[graph->cycles[i]])].object,
                     only);
        for (size_t i = 0; i < graph->object_count; i++)
            put_from(&walk, i, only);
    }
    free(walk.frames);
    free(walk.printed);
}

/* ---- the cycles ---- */

/* Who waits in its stead. */
static void put_inside(const struct graph *graph, const struct graph_row *row, size_t at,
                       struct buf *out)
{
    if (row->agent == at)
        return;
    buf_put_text(out, " (by ");
    graph_put_who(&graph->agents[row->agent], out);
    put_under(row, out);
    buf_put_u8(out, ')');
}

static void put_cycle(const struct graph *graph, size_t start, struct buf *out)
{
    size_t at = start;
    buf_put_text(out, "deadlock: ");
    graph_put_who(&graph->agents[start], out);
    do {
        const struct graph_agent *agent = &graph->agents[at];
        const struct graph_row *row = &graph->rows[graph_row_of(agent)];
        buf_put_text(out, at == start ? " waits for " : ", who waits for ");
        put_object(&graph->objects[row->object], out);
        put_inside(graph, row, at, out);
        buf_put_text(out, ", held by ");
        if (agent->next == at)
            buf_put_text(out, "itself");
        else
            graph_put_who(&graph->agents[agent->next], out);
        at = agent->next;
    } while (at != start);
    buf_put_u8(out, '\n');
}

void graph_put_cycles(const struct graph *graph, size_t only, struct buf *out)
{
    for (size_t i = 0; i < graph->cycle_count; i++) {
        size_t start = graph->cycles[i];
        size_t object = graph->rows[graph_row_of(&graph->agents[start])].object;
        if (graph_object_chosen(graph, object, only))
            put_cycle(graph, start, out);
    }
}
