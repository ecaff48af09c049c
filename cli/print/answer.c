/* SPDX-License-Identifier: BSD-2-Clause */
/* Picks, prints, complains. */
#include "cli/print/answer.h"

#include "cli/base/report.h"
#include "cli/print/pick.h"

struct style answer_style(struct cli *cli)
{
    return (struct style){cli->options.format, cli->options.nul ? '\0' : '\n', cli_names(cli)};
}

static int pick_part(struct cli *cli, struct bytes value, struct bytes *out)
{
    const char *path = cli->options.pick;
    size_t at = 0;
    *out = value;
    switch (path == NULL ? PICK_OK : pick(value, path, out, &at)) {
    case PICK_OK:
        return 0;
    case PICK_MISSING:
        return report(cli, MGR_KEY, "--pick %s: there is no '%s'", path, path + at);
    default:
        return report(cli, MGR_USAGE, "--pick %s: a path is like db.port or hosts[0]", path);
    }
}

int answer_print(struct cli *cli, struct bytes value)
{
    struct style style = answer_style(cli);
    struct literal_error error;
    struct bytes part;
    int code = pick_part(cli, value, &part);
    if (code != 0)
        return code;
    if (!format_print(&style, part, &cli->out.buf, &error)) {
        code = report(cli, MGR_VALUE, "%s", error.text);
        report_hint(cli, "-o text and -o yaml print every value");
    }
    output_check(&cli->out);
    return code;
}

int answer_print_rows(struct cli *cli, struct bytes value)
{
    if (cli->options.format != FORMAT_TEXT || cli->options.pick != NULL)
        return answer_print(cli, value);
    struct style style = answer_style(cli);
    format_print_rows(&style, value, &cli->out.buf);
    output_check(&cli->out);
    return 0;
}
