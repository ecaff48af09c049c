/* SPDX-License-Identifier: BSD-2-Clause */
/* ls: names one per line, or a table. */
#include "cli/base/report.h"
#include "cli/ops/listing.h"
#include "cli/print/answer.h"
#include "cli/syntax/grammar.h"
#include "cli/syntax/run.h"
#include "wire/value/value.h"

enum { LS_GLOB, LS_TYPE, LS_LONG };

static int collect(void *arg, struct mgr_view item)
{
    struct buf *list = arg;
    val_put_item(list, bytes_of(item.data, item.len));
    return 0;
}

static int print_name(void *arg, struct mgr_view item)
{
    struct cli *cli = arg;
    const char *name;
    size_t len;
    if (mgr_as_str(item, &name, &len)) {
        literal_escape(bytes_of(name, len), &cli->out.buf);
        buf_put_u8(&cli->out.buf, cli->options.nul ? '\0' : '\n');
        output_check(&cli->out);
    }
    return cli_interrupted() ? report(cli, MGR_INTERRUPTED, "interrupted") : 0;
}

int run_ls(struct cli *cli, const struct binding *binding)
{
    struct listing listing = {
        .glob = binding->words[LS_GLOB],
        .type = binding->words[LS_TYPE],
        .rows = binding->words[LS_LONG] != NULL,
    };
    enum output_format format = cli->options.format;
    int code = cli_connect(cli);
    if (code != 0)
        return code;
    if (!listing.rows && (format == FORMAT_TEXT || format == FORMAT_RAW) &&
        cli->options.pick == NULL)
        return listing_each(cli, &listing, print_name, cli);
    struct buf list;
    buf_init(&list);
    size_t mark = val_open(&list, VAL_LIST);
    code = listing_each(cli, &listing, collect, &list);
    val_close(&list, mark);
    if (code == 0)
        code = list.failed ? report(cli, MGR_NOMEM, "out of memory")
                           : answer_print_rows(cli, buf_bytes(&list));
    buf_free(&list);
    return code;
}
