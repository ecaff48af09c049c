/* SPDX-License-Identifier: BSD-2-Clause */
/* waits: who waits for what as a table, as a graph, or only whether there is a deadlock. */
#include "cli/base/report.h"
#include "cli/print/answer.h"
#include "cli/syntax/grammar.h"
#include "cli/syntax/run.h"
#include "cli/waits/graph.h"
#include "wire/value/value.h"

enum { WAITS_NAME, WAITS_GRAPH, WAITS_CHECK };

/* ---- the table ---- */

static void put_field(struct buf *out, const char *key, const struct buf *text)
{
    struct buf value;
    buf_init(&value);
    val_put_str(&value, buf_bytes(text));
    val_put_field(out, key, buf_bytes(&value));
    out->failed = out->failed || value.failed || text->failed;
    buf_free(&value);
}

/* "me@host:4711 (session 5) and 2 more" */
static void put_held_by(const struct graph *graph, const struct graph_row *row, struct buf *text)
{
    size_t count = row->hold_count + row->more_holds;
    buf_reset(text, SIZE_MAX);
    if (count == 0)
        buf_put_u8(text, '-');
    else
        graph_put_who(&graph->agents[graph->holds[row->hold].agent], text);
    if (count > 1)
        buf_printf(text, " and %zu more", count - 1);
}

static void put_ms(struct buf *out, const char *key, int64_t ms, struct buf *text)
{
    buf_reset(text, SIZE_MAX);
    if (ms < 0)
        buf_put_u8(text, '-');
    else
        elapsed_put(ms, text);
    put_field(out, key, text);
}

static void put_row(const struct graph *graph, const struct graph_row *row, struct buf *out)
{
    const struct graph_object *object = &graph->objects[row->object];
    struct buf text;
    buf_init(&text);
    size_t item = val_open_item(out);
    size_t dict = val_open(out, VAL_DICT);
    buf_put_bytes(&text, object->name);
    put_field(out, "object", &text);
    buf_reset(&text, SIZE_MAX);
    buf_put_bytes(&text, object->type);
    put_field(out, "type", &text);
    buf_reset(&text, SIZE_MAX);
    graph_put_who(&graph->agents[row->agent], &text);
    if (row->away)
        buf_put_text(&text, ", away");
    put_field(out, "who", &text);
    buf_reset(&text, SIZE_MAX);
    buf_put_bytes(&text, row->operation);
    put_field(out, "operation", &text);
    put_ms(out, "waited", row->waited_ms, &text);
    put_ms(out, "left", row->left_ms, &text);
    put_held_by(graph, row, &text);
    put_field(out, "held_by", &text);
    val_close(out, dict);
    val_close(out, item);
    buf_free(&text);
}

static int print_table(struct cli *cli, const struct graph *graph)
{
    struct buf out;
    buf_init(&out);
    size_t list = val_open(&out, VAL_LIST);
    for (size_t i = 0; i < graph->row_count; i++)
        put_row(graph, &graph->rows[i], &out);
    val_close(&out, list);
    int code = out.failed ? report(cli, MGR_NOMEM, "out of memory")
                          : answer_print_rows(cli, buf_bytes(&out));
    buf_free(&out);
    return code;
}

/* ---- the graph ---- */

/* "No deadlock" is only said of all who wait. */
static int check(struct cli *cli, const struct graph *graph, size_t only)
{
    if (!cli->options.quiet && cli->options.format != FORMAT_DOT)
        graph_put_cycles(graph, only, &cli->out.buf);
    if (graph_cycles_chosen(graph, only) > 0)
        return 1;
    return graph->left_out == 0
               ? 0
               : report(cli, MGR_LIMIT,
                        "whether there is a deadlock is not known: %llu who wait were not looked "
                        "at (a reply holds 10,000)",
                        (unsigned long long)graph->left_out);
}

static int print_graph(struct cli *cli, const struct binding *binding, const struct graph *graph)
{
    const char *name = binding->words[WAITS_NAME];
    size_t only = name == NULL ? GRAPH_NONE : graph_object_find(graph, bytes_text(name));
    bool nobody = name != NULL && only == GRAPH_NONE;
    int code = 0;
    if (graph->left_out > 0 && binding->words[WAITS_CHECK] == NULL)
        report_note(cli, "%llu more wait: what is shown is not all",
                    (unsigned long long)graph->left_out);
    if (cli->options.format == FORMAT_DOT && !nobody)
        graph_put_dot(graph, only, &cli->out.buf);
    else if (binding->words[WAITS_GRAPH] != NULL && !nobody)
        graph_put_tree(graph, only, &cli->out.buf);
    if (binding->words[WAITS_CHECK] != NULL)
        code = nobody && graph->left_out == 0 ? 0 : check(cli, graph, only);
    else if (cli->options.format == FORMAT_TEXT && !nobody)
        graph_put_cycles(graph, only, &cli->out.buf);
    return code;
}

static int print_rows(struct cli *cli, const struct binding *binding, struct mgr_view view,
                      bool as_graph)
{
    struct bytes rows = bytes_of(view.data, view.len);
    struct graph graph;
    int code;
    if (!as_graph && (cli->options.format != FORMAT_TEXT || cli->options.pick != NULL))
        return answer_print(cli, rows);
    if (!graph_read(&graph, rows))
        code = report(cli, MGR_NOMEM, "out of memory");
    else if (as_graph)
        code = print_graph(cli, binding, &graph);
    else
        code = print_table(cli, &graph);
    if (!as_graph && graph.left_out > 0)
        report_note(cli, "and %llu more", (unsigned long long)graph.left_out);
    graph_free(&graph);
    output_check(&cli->out);
    return code;
}

/* Of one object, or of all. */
static enum mgr_status ask(struct cli *cli, const char *name, struct mgr_value **rows)
{
    const struct mgr_named args[] = {{"name", mgr_str(name)}};
    return cli_call(cli, "object waits", args, 1, rows);
}

int run_waits(struct cli *cli, const struct binding *binding)
{
    const char *name = binding->words[WAITS_NAME];
    bool as_graph = binding->words[WAITS_GRAPH] != NULL || binding->words[WAITS_CHECK] != NULL ||
                    cli->options.format == FORMAT_DOT;
    struct mgr_value *rows = NULL;
    if (as_graph && cli->options.format != FORMAT_TEXT && cli->options.format != FORMAT_DOT)
        return report(cli, MGR_USAGE, "a graph is printed with -o text or -o dot");
    int code = cli_connect(cli);
    if (code != 0)
        return code;
    enum mgr_status status = ask(cli, name, &rows);
    if (status == MGR_OK && as_graph && name != NULL) { /* it is there: now all who may matter */
        mgr_value_free(rows);
        rows = NULL;
        status = ask(cli, NULL, &rows);
    }
    code = status == MGR_OK ? print_rows(cli, binding, mgr_view(rows), as_graph)
                            : report_call(cli, status);
    mgr_value_free(rows);
    return code;
}
