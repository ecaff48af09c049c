/* SPDX-License-Identifier: BSD-2-Clause */
/* Batches are answered in the order they were sent: on their way together are only those of
 * operations that do not wait. */
#include "cli/ops/bulk_batch.h"

#include <stdio.h>

#include "cli/base/wait_notice.h"
#include "wire/value/value.h"

static bool has_failed(const struct batches *batches)
{
    return batches->failed.count > 0;
}

/* The failure that comes first in the input is the one that is told. */
static void keep_failure(struct batches *batches, struct batch batch, enum mgr_status status,
                         const char *error)
{
    if (has_failed(batches) && batches->failed.first <= batch.first)
        return;
    batches->failed = batch;
    batches->status = status;
    snprintf(batches->error, sizeof batches->error, "%s", error);
}

static void on_reply(void *arg, enum mgr_status status, struct mgr_view value, const char *error)
{
    struct batches *batches = arg;
    (void)value;
    if (batches->flying_count == 0)
        return;
    struct batch batch = batches->flying[batches->flying_first];
    batches->flying_first = (batches->flying_first + 1) % BATCH_FLYING;
    batches->flying_count--;
    if (status == MGR_OK) {
        batches->arrived += batch.count;
        if (has_failed(batches) && batch.first > batches->failed.first)
            batches->after_failure += batch.count;
        return;
    }
    batches->unsure = batches->unsure || status == MGR_INDETERMINATE;
    keep_failure(batches, batch, status, error == NULL ? "" : error);
}

static void open_list(struct batches *batches)
{
    buf_reset(&batches->items, (size_t)4 * BATCH_BYTES);
    batches->mark = val_open(&batches->items, VAL_LIST);
    batches->item_count = 0;
    batches->open = (struct batch){0, 0};
}

void batches_begin(struct batches *batches, struct cli *cli, const struct op_row *row,
                   const char *name)
{
    *batches = (struct batches){
        .cli = cli, .row = row, .name = name, .items_max = BATCH_ITEMS, .status = MGR_OK};
    buf_init(&batches->items);
    open_list(batches);
}

size_t batches_open_item(struct batches *batches)
{
    return val_open_item(&batches->items);
}

void batches_close_item(struct batches *batches, size_t mark)
{
    val_close(&batches->items, mark);
    batches->item_count++;
}

void batches_drop_item(struct batches *batches, size_t before)
{
    batches->items.len = before;
}

/* Hears of all that is on its way, and goes on. */
static void settle(struct batches *batches)
{
    (void)mgr_pipeline_end(batches->cli->m); /* on_reply keeps what failed */
    mgr_pipeline_begin(batches->cli->m, on_reply, batches);
}

/* Only a batch that does not fit now waits, and is worth a word to a person. */
static void send_and_wait(struct batches *batches, const char *operation,
                          const struct mgr_named args[2])
{
    struct wait_notice notice;
    struct mgr *m = batches->cli->m;
    int64_t wait_ms = batches->cli->options.timeout_ms;
    enum mgr_status status = mgr_call(m, operation, args, 2, 0, NULL);
    if (status == MGR_FULL && wait_ms > 0) {
        wait_notice_begin(&notice, batches->cli, operation, &args[0].value);
        status = mgr_call(m, operation, args, 2, wait_ms, NULL);
        wait_notice_end(&notice);
    }
    batches->unsure = status == MGR_INDETERMINATE;
    if (status == MGR_OK)
        batches->arrived += batches->open.count;
    else
        keep_failure(batches, batches->open, status, mgr_error(m));
}

static void send_ahead(struct batches *batches, const char *operation,
                       const struct mgr_named args[2])
{
    struct batch batch = batches->open;
    if (!batches->begun)
        mgr_pipeline_begin(batches->cli->m, on_reply, batches);
    batches->begun = true;
    if (batches->flying_count == BATCH_FLYING)
        settle(batches);
    if (batches->flying_count == BATCH_FLYING) {
        keep_failure(batches, batch, mgr_last_status(batches->cli->m), mgr_error(batches->cli->m));
        return;
    }
    batches->flying[(batches->flying_first + batches->flying_count++) % BATCH_FLYING] = batch;
    enum mgr_status status = mgr_call(batches->cli->m, operation, args, 2, 0, NULL);
    if (status != MGR_OK) {
        batches->flying_count--; /* it was not sent */
        keep_failure(batches, batch, status, mgr_error(batches->cli->m));
    } else if (!batches->settled) {
        settle(batches); /* most that can be wrong is wrong with the first */
        batches->settled = true;
    }
}

static void send_request(struct batches *batches)
{
    char operation[64];
    struct mgr_view items = {batches->items.data, batches->items.len};
    const struct mgr_named args[] = {{"name", mgr_str(batches->name)},
                                     {"items", mgr_of_view(items)}};
    snprintf(operation, sizeof operation, "%s %s", batches->row->type, batches->row->method);
    if (batches->waits)
        send_and_wait(batches, operation, args);
    else
        send_ahead(batches, operation, args);
}

static bool send_batch(struct batches *batches)
{
    if (batches->open.count == 0)
        return !has_failed(batches);
    val_close(&batches->items, batches->mark);
    if (batches->items.failed)
        keep_failure(batches, batches->open, MGR_NOMEM, "MemoryError: out of memory");
    else
        send_request(batches);
    open_list(batches);
    return !has_failed(batches);
}

bool batches_make_room(struct batches *batches, size_t len)
{
    return batches->open.count == 0 || batches->items.len + len <= BATCH_BYTES ||
           send_batch(batches);
}

bool batches_line(struct batches *batches, size_t line)
{
    if (batches->open.count++ == 0)
        batches->open.first = line;
    if (batches->item_count < batches->items_max && batches->items.len < BATCH_BYTES)
        return true;
    return send_batch(batches);
}

void batches_end(struct batches *batches)
{
    if (!has_failed(batches))
        (void)send_batch(batches);
    enum mgr_status status = batches->begun ? mgr_pipeline_end(batches->cli->m) : MGR_OK;
    if (status == MGR_INTERRUPTED && batches->flying_count > 0) {
        /* no more is sent; what is on its way is heard of, so that the account is exact */
        mgr_pipeline_begin(batches->cli->m, on_reply, batches);
        status = mgr_pipeline_end(batches->cli->m);
    }
    batches->unsure = batches->unsure || batches->flying_count > 0;
    if (status != MGR_OK && batches->flying_count > 0)
        keep_failure(batches, batches->flying[batches->flying_first], status,
                     mgr_error(batches->cli->m));
    buf_free(&batches->items);
}
