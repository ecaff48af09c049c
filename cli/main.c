/* SPDX-License-Identifier: BSD-2-Clause */
/* mgrctl: the command line of mgrd. Read on in command_table.c (what there is), grammar.c (how
 * words are read), operation.c (how an operation runs), output.c (how answers are printed). */
#include <locale.h>

#include "cli/base/cli.h"
#include "cli/base/report.h"
#include "cli/base/signals.h"
#include "cli/help/complete.h"
#include "cli/run.h"
#include "wire/base/inherited.h"

static int take_environment(struct cli *cli)
{
    struct buf why;
    buf_init(&why);
    enum mgr_status status = options_from_environment(&cli->defaults, &why);
    int code = 0;
    if (status != MGR_OK)
        code = report(cli, status, "%.*s", (int)why.len, (const char *)why.data);
    buf_free(&why);
    return code;
}

int main(int argc, char **argv)
{
    struct cli cli;
    inherited_prepare();
    setlocale(LC_CTYPE, "");
    signals_init();
    cli_init(&cli);
    cli.run_words = run_words;
    size_t count = argc > 0 ? (size_t)argc - 1 : 0;
    int code = take_environment(&cli);
    if (code == 0 && complete_asked(argv + 1, count))
        code = complete_run(&cli, argv + 1, count);
    else if (code == 0)
        code = run_words(&cli, argv + 1, count);
    return cli_end(&cli, code);
}
