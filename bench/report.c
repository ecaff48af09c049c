/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of figures, and how they are printed. */
#include "bench/report.h"

#include <math.h>

static double per_second(const struct report *report, double amount)
{
    return report->tally->seconds > 0 ? amount / report->tally->seconds : 0;
}

static double quantile(const struct report *report, double q)
{
    return (double)histogram_quantile(&report->tally->latency, q);
}

static const char *protocol(const struct report *report)
{
    return report->plan->protocol->name;
}

static const char *workload(const struct report *report)
{
    return report->plan->workload->name;
}

static double connections(const struct report *report)
{
    return (double)report->plan->connections;
}

static double pipeline(const struct report *report)
{
    return (double)report->plan->pipeline;
}

static double value(const struct report *report)
{
    return (double)report->plan->value_size;
}

static double requests(const struct report *report)
{
    return (double)report->tally->replies;
}

static double seconds(const struct report *report)
{
    return report->tally->seconds;
}

static double rps(const struct report *report)
{
    return per_second(report, requests(report));
}

static double cpu_s_per_million(const struct report *report)
{
    const struct tally *tally = report->tally;
    return tally->server_cpu_s < 0 || tally->replies == 0
               ? NAN
               : tally->server_cpu_s * 1e6 / (double)tally->replies;
}

static double p50(const struct report *report)
{
    return quantile(report, 0.5);
}

static double p99(const struct report *report)
{
    return quantile(report, 0.99);
}

static double p999(const struct report *report)
{
    return quantile(report, 0.999);
}

static double p9999(const struct report *report)
{
    return quantile(report, 0.9999);
}

static double most(const struct report *report)
{
    return (double)report->tally->latency.most;
}

static double misses(const struct report *report)
{
    return (double)report->tally->misses;
}

static double errors(const struct report *report)
{
    return (double)report->tally->errors;
}

static double mb_per_s(const struct report *report)
{
    return per_second(report, (double)report->tally->values * value(report) / 1e6);
}

static double bytes_per_entry(const struct report *report)
{
    const struct tally *tally = report->tally;
    bool measured = report->plan->workload->each_key && tally->server_grew_bytes >= 0;
    return measured && tally->replies > 0 ? tally->server_grew_bytes / (double)tally->replies : NAN;
}

static double keys(const struct report *report)
{
    return (double)(report->plan->hot > 0 ? report->plan->hot : report->plan->keys);
}

static double rate(const struct report *report)
{
    return (double)report->plan->rate;
}

static double idle(const struct report *report)
{
    return (double)report->plan->idle;
}

/* clang-format off */
const struct report_column report_columns[] = {
    {"protocol", protocol, .help = "mgr or resp"},
    {"workload", workload, .help = "its name"},
    {"connections", .number = connections, .help = "that sent requests"},
    {"pipeline", .number = pipeline, .help = "requests on their way per connection, at the most"},
    {"value", .number = value, .help = "bytes of a value"},
    {"requests", .number = requests, .help = "that were answered"},
    {"seconds", .number = seconds, .decimals = 3, .help = "from the first request to the last reply"},
    {"rps", .number = rps, .help = "requests a second"},
    {"cpu_s_per_million", .number = cpu_s_per_million, .decimals = 3,
     .help = "seconds of the server's CPU per million requests; empty or null without --pid"},
    {"p50_us", .number = p50, .help = "latency in microseconds: half of all replies took no longer"},
    {"p99_us", .number = p99, .help = "99 % took no longer"},
    {"p999_us", .number = p999, .help = "99.9 % took no longer"},
    {"misses", .number = misses, .help = "replies that there is no such key or item"},
    {"errors", .number = errors, .help = "other wrong replies"},
    {"p9999_us", .number = p9999, .help = "99.99 % took no longer"},
    {"max_us", .number = most, .help = "the longest of all"},
    {"mb_per_s", .number = mb_per_s, .decimals = 1, .help = "millions of bytes of values a second"},
    {"bytes_per_entry", .number = bytes_per_entry, .decimals = 1,
     .help = "growth of the server's memory by entry, of fill with --pid; else empty or null"},
    {"keys", .number = keys, .help = "that were used"},
    {"rate", .number = rate, .help = "requests a second that were due; 0: closed loop"},
    {"idle", .number = idle, .help = "connections that were only held"},
    {.name = NULL},
};
/* clang-format on */

static void print_csv(const struct report *report, FILE *out)
{
    const struct report_column *column;
    for (column = report_columns; column->name != NULL && !report->plan->no_header; column++)
        fprintf(out, "%s%c", column->name, column[1].name != NULL ? ',' : '\n');
    for (column = report_columns; column->name != NULL; column++) {
        double number = column->number != NULL ? column->number(report) : NAN;
        if (column->text != NULL)
            fputs(column->text(report), out);
        else if (!isnan(number))
            fprintf(out, "%.*f", column->decimals, number);
        fputc(column[1].name != NULL ? ',' : '\n', out);
    }
}

static void print_json(const struct report *report, FILE *out)
{
    for (const struct report_column *column = report_columns; column->name != NULL; column++) {
        double number = column->number != NULL ? column->number(report) : NAN;
        fprintf(out, "%s\"%s\": ", column == report_columns ? "{" : ", ", column->name);
        if (column->text != NULL)
            fprintf(out, "\"%s\"", column->text(report));
        else if (isnan(number))
            fputs("null", out);
        else
            fprintf(out, "%.*f", column->decimals, number);
    }
    fputs("}\n", out);
}

static void print_text(const struct report *report, FILE *out)
{
    const struct plan *plan = report->plan;
    double cpu = cpu_s_per_million(report), bytes = bytes_per_entry(report);
    fprintf(out, "%s %s: %.0f connections, pipeline %.0f, values of %.0f bytes\n", protocol(report),
            workload(report), connections(report), pipeline(report), value(report));
    fprintf(out, "  %.0f requests in %.3f s: %.0f a second", requests(report), seconds(report),
            rps(report));
    if (plan->rate > 0)
        fprintf(out, " (%.0f were due)", rate(report));
    if (report->tally->values > 0)
        fprintf(out, ", %.1f MB/s of values", mb_per_s(report));
    fprintf(out,
            "\n  latency: p50 %.0f us, p99 %.0f us, p99.9 %.0f us, p99.99 %.0f us, max %.0f us\n",
            p50(report), p99(report), p999(report), p9999(report), most(report));
    if (!isnan(cpu))
        fprintf(out, "  server CPU: %.3f s per million requests\n", cpu);
    if (!isnan(bytes))
        fprintf(out, "  server memory: %.1f bytes per entry\n", bytes);
    fprintf(out, "  %.0f misses, %.0f errors\n", misses(report), errors(report));
}

void report_print(const struct report *report, FILE *out)
{
    static void (*const print[])(const struct report *, FILE *) = {
        [PLAN_TEXT] = print_text, [PLAN_CSV] = print_csv, [PLAN_JSON] = print_json};
    print[report->plan->format](report, out);
}
