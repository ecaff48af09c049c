/* SPDX-License-Identifier: BSD-2-Clause */
/* Help, from the tables of options, workloads and columns. */
#include "bench/usage.h"

#include "bench/ending.h"
#include "bench/plan_table.h"
#include "bench/report.h"

enum { INDENT = 26, WIDTH = 92 };

static const struct {
    enum ending ending;
    const char *meaning;
} endings[] = {
    {ENDING_DONE, "all requests were answered as they should be"},
    {ENDING_USAGE, "the options make no sense, or not with this server"},
    {ENDING_LOST, "the server cannot be reached, closed a connection, or did not answer for 10 s"},
    {ENDING_WRONG,
     "a reply was an error, a miss, of another kind or length, or not of the protocol"},
    {ENDING_NO_ROOM, "too little memory, or too few file descriptors (ulimit -Hn)"},
    {ENDING_MUTE, "standard output failed"},
    {ENDING_STOPPED, "SIGINT or SIGTERM; what was measured until then is printed"},
};
enum { ENDINGS = sizeof endings / sizeof *endings };

/* The text from column INDENT on, in as many lines as it needs; `used` columns are taken. */
static void put_text(FILE *out, int used, const char *text)
{
    int column = INDENT;
    if (used >= INDENT)
        fputc('\n', out);
    fprintf(out, "%*s", used < INDENT ? INDENT - used : INDENT, "");
    for (size_t len; *text != '\0'; text += len + (text[len] == ' ')) {
        len = strcspn(text, " ");
        if (column > INDENT && column + 1 + (int)len > WIDTH) {
            fprintf(out, "\n%*s", INDENT, "");
            column = INDENT;
        }
        column += fprintf(out, "%s%.*s", column > INDENT ? " " : "", (int)len, text);
    }
    fputc('\n', out);
}

static void put_option(FILE *out, const struct plan_row *row)
{
    char text[512];
    int used = row->letter != 0 ? fprintf(out, "  -%c, --%s", row->letter, row->name)
                                : fprintf(out, "      --%s", row->name);
    if (row->value != NULL)
        used += fprintf(out, " %s", row->value);
    if (row->value != NULL && row->word != NULL)
        snprintf(text, sizeof text, "%s (default %s)", row->help, row->word);
    else
        snprintf(text, sizeof text, "%s", row->help);
    put_text(out, used, text);
}

void usage_print(FILE *out)
{
    fputs("usage: mgr-bench [OPTIONS]\n"
          "\n"
          "Puts load on mgrd, or on a server that speaks RESP, checks each reply, and tells how "
          "fast\n"
          "and how late they came.\n"
          "\n"
          "Options:\n",
          out);
    for (const struct plan_row *row = plan_rows; row->name != NULL; row++)
        if (row->help != NULL)
            put_option(out, row);
    fputs("\nWorkloads:\n", out);
    for (const struct workload *row = workloads; row->name != NULL; row++)
        put_text(out, fprintf(out, "  %s", row->name), row->help);
    fputs(
        "\nObjects are made if they are not there, and stay; list, queue, lock and value are made\n"
        "anew. For get and mix every key must be there: run fill before.\n"
        "\nColumns of csv, names of json:\n",
        out);
    for (const struct report_column *row = report_columns; row->name != NULL; row++)
        put_text(out, fprintf(out, "  %s", row->name), row->help);
    fputs("\nExit codes:\n", out);
    for (int i = 0; i < ENDINGS; i++)
        put_text(out, fprintf(out, "  %d", (int)endings[i].ending), endings[i].meaning);
    fputs("\nFor example:\n"
          "  mgr-bench --fill -P 64 && mgr-bench -w get -P 16 -n 5000000\n"
          "  mgr-bench -w lock -c 8 --seconds 10 -o json\n"
          "  mgr-bench -w queue-put --rate 20000 --seconds 30\n"
          "  mgr-bench --protocol resp -s 127.0.0.1:6379 -w get --pid $(pidof redis-server)\n",
          out);
}

/* A roff paragraph with a tag; backslashes and hyphens of names are no matter here. */
static void put_roff(FILE *out, const char *tag, const char *text)
{
    fprintf(out, ".TP\n.B \"%s\"\n%s\n", tag, text);
}

static void put_roff_option(FILE *out, const struct plan_row *row)
{
    fputs(".TP\n.B \"", out);
    if (row->letter != 0)
        fprintf(out, "\\-%c, ", row->letter);
    fprintf(out, "\\-\\-%s%s%s\"\n%s", row->name, row->value != NULL ? " " : "",
            row->value != NULL ? row->value : "", row->help);
    if (row->value != NULL && row->word != NULL)
        fprintf(out, " (default %s)", row->word);
    fputc('\n', out);
}

void usage_print_tables(FILE *out)
{
    char code[8];
    fputs(".SH OPTIONS\n", out);
    for (const struct plan_row *row = plan_rows; row->name != NULL; row++)
        if (row->help != NULL)
            put_roff_option(out, row);
    fputs(".SH WORKLOADS\n", out);
    for (const struct workload *row = workloads; row->name != NULL; row++)
        put_roff(out, row->name, row->help);
    fputs(".SH OUTPUT\nColumns of csv, names of json:\n", out);
    for (const struct report_column *row = report_columns; row->name != NULL; row++)
        put_roff(out, row->name, row->help);
    fputs(".SH EXIT STATUS\n", out);
    for (int i = 0; i < ENDINGS; i++) {
        snprintf(code, sizeof code, "%d", (int)endings[i].ending);
        put_roff(out, code, endings[i].meaning);
    }
}
