/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows become arrays that point at each other by index; solving them takes linear time. */
#include "cli/waits/graph.h"

#include <stdlib.h>

#include "cli/waits/graph_rows.h"

/* ---- who is stuck ---- */

/* Everybody is taken to be stuck, then those who are not are found one by one. */
struct solving {
    struct graph *graph;
    size_t *free_agents; /* to be looked at */
    size_t count;
};

static void agent_goes(struct solving *s, size_t agent)
{
    struct graph_agent *a = &s->graph->agents[agent];
    if (a->fate == GRAPH_FREE)
        return;
    a->fate = GRAPH_FREE;
    s->free_agents[s->count++] = agent;
}

static void row_goes(struct solving *s, struct graph_row *row)
{
    if (row->going)
        return;
    row->going = true;
    agent_goes(s, row->agent);
    if (row->outer != GRAPH_NONE)
        agent_goes(s, row->outer);
}

static bool solve_fates(struct graph *graph)
{
    struct solving s = {.graph = graph};
    s.free_agents = calloc(graph->agent_count + 1, sizeof *s.free_agents);
    if (s.free_agents == NULL)
        return false;
    for (size_t i = 0; i < graph->agent_count; i++)
        graph->agents[i].fate = GRAPH_BEHIND;
    for (size_t i = 0; i < graph->agent_count; i++)
        if (graph_row_of(&graph->agents[i]) == GRAPH_NONE)
            agent_goes(&s, i);
    for (size_t i = 0; i < graph->row_count; i++)
        if (graph->rows[i].hold_count == 0 || graph->rows[i].more_holds > 0)
            row_goes(&s, &graph->rows[i]);
    while (s.count > 0) {
        size_t hold = graph->agents[s.free_agents[--s.count]].first_hold;
        for (; hold != GRAPH_NONE; hold = graph->holds[hold].next_of_agent)
            row_goes(&s, &graph->rows[graph->holds[hold].row]);
    }
    free(s.free_agents);
    return true;
}

/* Whom a stuck agent waits for: itself stuck, as all are that its rows wait for. */
static size_t successor(const struct graph *graph, size_t agent)
{
    return graph->holds[graph->rows[graph_row_of(&graph->agents[agent])].hold].agent;
}

/* Each stuck agent has one successor: following them leads into a cycle. walk[i]: by which walk
 * agent i was seen first, 0: by none. */
static void find_cycles(struct graph *graph, size_t *walk)
{
    for (size_t start = 0; start < graph->agent_count; start++) {
        size_t at = start;
        if (graph->agents[start].fate == GRAPH_FREE)
            continue;
        for (; walk[at] == 0; at = successor(graph, at))
            walk[at] = start + 1;
        if (walk[at] != start + 1)
            continue;
        graph->cycles[graph->cycle_count++] = at;
        while (graph->agents[at].fate != GRAPH_DEAD) {
            graph->agents[at].fate = GRAPH_DEAD;
            graph->agents[at].next = successor(graph, at);
            at = graph->agents[at].next;
        }
    }
}

static bool solve_cycles(struct graph *graph)
{
    size_t *walk = calloc(graph->agent_count + 1, sizeof *walk);
    graph->cycles = calloc(graph->agent_count + 1, sizeof *graph->cycles);
    if (walk != NULL && graph->cycles != NULL)
        find_cycles(graph, walk);
    free(walk);
    return walk != NULL && graph->cycles != NULL;
}

/* ---- what hangs together ---- */

/* Groups are trees of agents: group is the agent above, the top's is itself. */
static size_t top_of(struct graph *graph, size_t agent)
{
    while (graph->agents[agent].group != agent) {
        size_t above = graph->agents[agent].group;
        graph->agents[agent].group = graph->agents[above].group;
        agent = above;
    }
    return agent;
}

static void join(struct graph *graph, size_t a, size_t b)
{
    a = top_of(graph, a);
    b = top_of(graph, b);
    if (a < b)
        graph->agents[b].group = a;
    else
        graph->agents[a].group = b;
}

static void solve_groups(struct graph *graph)
{
    for (size_t i = 0; i < graph->agent_count; i++)
        graph->agents[i].group = i;
    for (size_t i = 0; i < graph->row_count; i++) {
        const struct graph_row *row = &graph->rows[i];
        join(graph, graph->rows[graph->objects[row->object].first_row].agent, row->agent);
        for (size_t k = 0; k < row->hold_count; k++)
            join(graph, row->agent, graph->holds[row->hold + k].agent);
        if (row->outer != GRAPH_NONE)
            join(graph, row->agent, row->outer);
    }
    for (size_t i = 0; i < graph->agent_count; i++)
        graph->agents[i].group = top_of(graph, i);
    for (size_t i = 0; i < graph->object_count; i++)
        graph->objects[i].group =
            graph->agents[graph->rows[graph->objects[i].first_row].agent].group;
}

/* ---- the tree ---- */

/* An object stands below an owner that waits itself, else it is a root. */
static void solve_parents(struct graph *graph)
{
    for (size_t i = graph->object_count; i-- > 0;) {
        struct graph_object *object = &graph->objects[i];
        if (object->held_row == GRAPH_NONE)
            continue;
        const struct graph_row *row = &graph->rows[object->held_row];
        for (size_t k = 0; k < row->hold_count && object->parent == GRAPH_NONE; k++) {
            struct graph_agent *owner = &graph->agents[graph->holds[row->hold + k].agent];
            if (owner->first_row == GRAPH_NONE)
                continue;
            object->parent = graph->holds[row->hold + k].agent;
            object->next_sibling = owner->first_child;
            owner->first_child = i;
        }
    }
}

bool graph_read(struct graph *graph, struct bytes rows)
{
    *graph = (struct graph){0};
    if (!graph_rows_read(graph, rows) || !solve_fates(graph) || !solve_cycles(graph))
        return false;
    solve_groups(graph);
    solve_parents(graph);
    return true;
}

void graph_free(struct graph *graph)
{
    free(graph->agents);
    free(graph->objects);
    free(graph->rows);
    free(graph->holds);
    free(graph->cycles);
    *graph = (struct graph){0};
}

size_t graph_row_of(const struct graph_agent *agent)
{
    return agent->first_row != GRAPH_NONE ? agent->first_row : agent->first_under;
}

static bool is_way(const struct graph *graph, size_t agent, const struct graph_row *row)
{
    return graph->agents[agent].fate == GRAPH_DEAD &&
           row == &graph->rows[graph_row_of(&graph->agents[agent])];
}

bool graph_row_dead(const struct graph *graph, const struct graph_row *row)
{
    return is_way(graph, row->agent, row) ||
           (row->outer != GRAPH_NONE && is_way(graph, row->outer, row));
}

/* ---- parts of it ---- */

size_t graph_object_find(const struct graph *graph, struct bytes name)
{
    for (size_t i = 0; i < graph->object_count; i++)
        if (bytes_equal(graph->objects[i].name, name))
            return i;
    return GRAPH_NONE;
}

bool graph_object_chosen(const struct graph *graph, size_t object, size_t only)
{
    return only == GRAPH_NONE || graph->objects[object].group == graph->objects[only].group;
}

size_t graph_cycles_chosen(const struct graph *graph, size_t only)
{
    size_t count = 0;
    for (size_t i = 0; i < graph->cycle_count; i++) {
        const struct graph_agent *agent = &graph->agents[graph->cycles[i]];
        count += graph_object_chosen(graph, graph->rows[graph_row_of(agent)].object, only);
    }
    return count;
}
