/* SPDX-License-Identifier: BSD-2-Clause */
/* object ls until its cursor is empty. */
#include "cli/ops/listing.h"

#include "cli/base/report.h"
#include "cli/help/hints.h"

static int give_page(const struct mgr_value *page, listing_fn *fn, void *arg)
{
    struct mgr_iter it = mgr_iter(mgr_view(page));
    struct mgr_view item;
    int code = 0;
    while (code == 0 && mgr_next(&it, &item))
        code = fn(arg, item);
    return code;
}

int listing_each(struct cli *cli, const struct listing *listing, listing_fn *fn, void *arg)
{
    struct buf cursor;
    int code = 0;
    buf_init(&cursor);
    do {
        struct mgr_value *page = NULL;
        const struct mgr_named args[] = {
            {"glob", mgr_str(listing->glob)},
            {"type", mgr_str(listing->type)},
            {"long", listing->rows ? mgr_bool(true) : MGR_ABSENT},
            {"limit", listing->limit == 0 ? MGR_ABSENT : mgr_int((int64_t)listing->limit)},
            {"cursor", cursor.len == 0 ? MGR_ABSENT : mgr_bytes(cursor.data, cursor.len)},
        };
        enum mgr_status status = cli_call(cli, "object ls", args, 5, &page);
        if (status != MGR_OK) {
            code = report_call(cli, status);
            hints_type(cli, status, listing->type);
            break;
        }
        /* fn may call too: the cursor is this page's */
        struct mgr_view next = mgr_cursor(cli->m);
        buf_reset(&cursor, SIZE_MAX);
        buf_put(&cursor, next.data, next.len);
        code = cursor.failed ? report(cli, MGR_NOMEM, "out of memory") : give_page(page, fn, arg);
        mgr_value_free(page);
    } while (code == 0 && cursor.len > 0);
    buf_free(&cursor);
    return code;
}
