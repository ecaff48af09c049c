/* SPDX-License-Identifier: BSD-2-Clause */
/* Walks an object of any type page by page. */
#include <stdlib.h>

#include "client/internal.h"

struct mgr_scan {
    struct mgr *m;
    char *name;
    struct mgr_value *page;
    struct mgr_iter at;
    struct buf cursor; /* of the next page; empty: no more pages */
};

static enum mgr_status next_page(struct mgr_scan *scan)
{
    const struct mgr_named args[] = {
        {"name", mgr_str(scan->name)},
        {"cursor",
         scan->cursor.len == 0 ? MGR_ABSENT : mgr_bytes(scan->cursor.data, scan->cursor.len)},
    };
    mgr_value_free(scan->page);
    scan->page = NULL;
    scan->at = (struct mgr_iter){NULL, NULL, MGR_KIND_NOT_GIVEN};
    enum mgr_status status = mgr_call(scan->m, "object scan", args, 2, 0, &scan->page);
    if (status != MGR_OK)
        return status; /* the cursor is kept: the page can be asked for again */
    struct mgr_view cursor = mgr_cursor(scan->m);
    struct buf next;
    buf_init(&next);
    buf_put(&next, cursor.data, cursor.len);
    if (next.failed)
        return client_fail(scan->m, MGR_NOMEM, "out of memory");
    buf_free(&scan->cursor);
    scan->cursor = next;
    scan->at = mgr_iter(mgr_view(scan->page));
    return MGR_OK;
}

enum mgr_status mgr_scan_open(struct mgr *m, const char *name, struct mgr_scan **out)
{
    *out = NULL;
    enum mgr_status status = client_ready(m);
    if (status != MGR_OK) {
        client_forget_since(m);
        return status;
    }
    struct mgr_scan *scan = calloc(1, sizeof *scan);
    if (scan == NULL || (scan->name = strdup(name == NULL ? "" : name)) == NULL) {
        mgr_scan_close(scan);
        client_forget_since(m);
        return client_fail(m, MGR_NOMEM, "out of memory");
    }
    scan->m = m;
    status = next_page(scan);
    if (status == MGR_OK)
        *out = scan;
    else
        mgr_scan_close(scan);
    return status;
}

enum mgr_status mgr_scan_next(struct mgr_scan *scan, bool *more, struct mgr_view *key,
                              struct mgr_view *value)
{
    *more = false;
    *key = *value = (struct mgr_view){NULL, 0};
    if (scan == NULL)
        return MGR_USAGE;
    for (;;) {
        *more = scan->at.kind == MGR_KIND_DICT ? mgr_next_pair(&scan->at, key, value)
                                               : mgr_next(&scan->at, value);
        if (*more || scan->cursor.len == 0)
            return MGR_OK;
        enum mgr_status status = next_page(scan);
        if (status != MGR_OK)
            return status;
    }
}

void mgr_scan_close(struct mgr_scan *scan)
{
    if (scan == NULL)
        return;
    mgr_value_free(scan->page);
    buf_free(&scan->cursor);
    free(scan->name);
    free(scan);
}
