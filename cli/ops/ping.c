/* SPDX-License-Identifier: BSD-2-Clause */
/* server ping: what the daemon says, and how long it took. */
#include <time.h>

#include "cli/base/report.h"
#include "cli/print/answer.h"
#include "cli/syntax/run.h"
#include "wire/value/value.h"

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1000 + (double)now.tv_nsec / 1000000;
}

static void put_float(struct buf *out, const char *key, double number)
{
    struct buf value;
    buf_init(&value);
    val_put_float(&value, number);
    val_put_field(out, key, buf_bytes(&value));
    out->failed = out->failed || value.failed;
    buf_free(&value);
}

int run_ping(struct cli *cli, const struct binding *binding)
{
    struct mgr_value *answer = NULL;
    struct bytes key, member;
    struct buf out;
    int code = cli_connect(cli);
    (void)binding;
    if (code != 0)
        return code;
    double before = now_ms();
    enum mgr_status status = cli_call(cli, "server ping", NULL, 0, &answer);
    double latency = now_ms() - before;
    if (status != MGR_OK)
        return report_call(cli, status);
    struct mgr_view view = mgr_view(answer);
    struct val dict = val_read(bytes_of(view.data, view.len));
    struct val_iter it = val_iter(&dict);
    buf_init(&out);
    size_t mark = val_open(&out, VAL_DICT);
    while (dict.kind == VAL_DICT && val_next_pair(&it, &key, &member))
        val_put_pair(&out, key, member);
    put_float(&out, "latency_ms", (double)(long)(latency * 1000) / 1000);
    val_close(&out, mark);
    code = answer_print_rows(cli, buf_bytes(&out));
    buf_free(&out);
    mgr_value_free(answer);
    return code;
}
