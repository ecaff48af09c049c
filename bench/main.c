/* SPDX-License-Identifier: BSD-2-Clause */
/* mgr-bench: the same load on mgrd and on servers that speak RESP. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"

enum { EXIT_USAGE = 64, EXIT_UNREACHABLE = 69, EXIT_WRONG = 70 };

static void usage(FILE *out)
{
    fputs("usage: mgr-bench [OPTIONS]\n"
          "\n"
          "  -s, --server HOST:PORT  default 127.0.0.1:7600\n"
          "      --protocol mgr|resp mgrd, or Redis and its like; default mgr\n"
          "  -w, --workload get|set  default get\n"
          "  -c, --connections N     default 50\n"
          "  -P, --pipeline N        requests on their way per connection, 1 to 256; default 1\n"
          "  -k, --keys N            default 1000000, 16 bytes each\n"
          "      --hot N             use only the first N keys\n"
          "  -d, --value-size BYTES  default 32, at most 65536\n"
          "  -n, --requests N        default 1000000\n"
          "      --seed N            default 1\n"
          "      --pid PID           measure this server's CPU time\n"
          "      --fill              set every key once, instead of a workload\n"
          "      --csv               one line: "
          "protocol,workload,connections,pipeline,value,requests,\n"
          "                          "
          "seconds,rps,cpu_s_per_million,p50_us,p99_us,p999_us,misses,errors\n"
          "      --help              this\n"
          "\n"
          "Exit code 70 when a reply was an error or a key was missing.\n",
          out);
}

static bool number(const char *text, uint64_t low, uint64_t high, uint64_t *out)
{
    char *end;
    unsigned long long value = strtoull(text, &end, 10);
    if (end == text || *end != '\0' || text[0] == '-' || value < low || value > high) {
        fprintf(stderr, "mgr-bench: '%s' is not a number from %llu to %llu\n", text,
                (unsigned long long)low, (unsigned long long)high);
        return false;
    }
    *out = value;
    return true;
}

static bool take(struct options *options, int option, const char *text)
{
    uint64_t n = 0;
    switch (option) {
    case 's':
        options->server = text;
        return true;
    case 'p':
        options->protocol = text;
        return strcmp(text, "mgr") == 0 || strcmp(text, "resp") == 0;
    case 'w':
        options->workload = strcmp(text, "set") == 0 ? WORKLOAD_SET : WORKLOAD_GET;
        return strcmp(text, "set") == 0 || strcmp(text, "get") == 0;
    case 'c':
        return number(text, 1, 20000, &n) && (options->connections = (unsigned)n, true);
    case 'P':
        return number(text, 1, 256, &n) && (options->pipeline = (unsigned)n, true);
    case 'k':
        return number(text, 1, 1000000000, &options->keys);
    case 'H':
        return number(text, 1, 1000000000, &options->hot);
    case 'd':
        return number(text, 1, 65536, &n) && (options->value_size = (uint32_t)n, true);
    case 'n':
        return number(text, 1, UINT64_MAX / 2, &options->requests);
    case 'S':
        return number(text, 0, UINT64_MAX / 2, &options->seed);
    case 'i':
        return number(text, 1, 1 << 30, &n) && (options->pid = (int)n, true);
    case 'f':
        options->fill = true;
        return true;
    case 'C':
        options->csv = true;
        return true;
    default:
        return false;
    }
}

static void report(const struct options *options, const struct outcome *outcome)
{
    const char *workload = options->fill                       ? "fill"
                           : options->workload == WORKLOAD_SET ? "set"
                                                               : "get";
    double rps = (double)outcome->replies / outcome->seconds;
    double cpu =
        outcome->server_cpu_s < 0 ? -1 : outcome->server_cpu_s * 1e6 / (double)outcome->replies;
    unsigned long long p50 = histogram_quantile(&outcome->latency, 0.5);
    unsigned long long p99 = histogram_quantile(&outcome->latency, 0.99);
    unsigned long long p999 = histogram_quantile(&outcome->latency, 0.999);
    if (options->csv) {
        printf("%s,%s,%u,%u,%u,%llu,%.3f,%.0f,%.3f,%llu,%llu,%llu,%llu,%llu\n", options->protocol,
               workload, options->connections, options->pipeline, options->value_size,
               (unsigned long long)outcome->replies, outcome->seconds, rps, cpu, p50, p99, p999,
               (unsigned long long)outcome->misses, (unsigned long long)outcome->errors);
        return;
    }
    printf("%s %s: %u connections, pipeline %u, values of %u bytes\n", options->protocol, workload,
           options->connections, options->pipeline, options->value_size);
    printf("  %llu requests in %.3f s: %.0f a second\n", (unsigned long long)outcome->replies,
           outcome->seconds, rps);
    printf("  latency: p50 %llu us, p99 %llu us, p99.9 %llu us\n", p50, p99, p999);
    if (cpu >= 0)
        printf("  server CPU: %.3f s per million requests\n", cpu);
    printf("  %llu misses, %llu errors\n", (unsigned long long)outcome->misses,
           (unsigned long long)outcome->errors);
}

static bool parse(int argc, char **argv, struct options *options, int *exit_code)
{
    static const struct option names[] = {
        {"server", 1, NULL, 's'},   {"protocol", 1, NULL, 'p'},    {"workload", 1, NULL, 'w'},
        {"pipeline", 1, NULL, 'P'}, {"connections", 1, NULL, 'c'}, {"keys", 1, NULL, 'k'},
        {"hot", 1, NULL, 'H'},      {"value-size", 1, NULL, 'd'},  {"requests", 1, NULL, 'n'},
        {"seed", 1, NULL, 'S'},     {"pid", 1, NULL, 'i'},         {"fill", 0, NULL, 'f'},
        {"csv", 0, NULL, 'C'},      {"help", 0, NULL, 'h'},        {NULL, 0, NULL, 0}};
    int option;
    *exit_code = EXIT_USAGE;
    while ((option = getopt_long(argc, argv, "s:w:c:P:k:d:n:h", names, NULL)) != -1) {
        if (option == 'h') {
            usage(stdout);
            *exit_code = EXIT_SUCCESS;
            return false;
        }
        if (!take(options, option, optarg)) {
            usage(stderr);
            return false;
        }
    }
    if (optind < argc)
        usage(stderr);
    return optind == argc;
}

int main(int argc, char **argv)
{
    struct options options = {.server = "127.0.0.1:7600",
                              .protocol = "mgr",
                              .connections = 50,
                              .pipeline = 1,
                              .keys = 1000000,
                              .value_size = 32,
                              .requests = 1000000,
                              .seed = 1};
    int exit_code;
    struct buf why;
    if (!parse(argc, argv, &options, &exit_code))
        return exit_code;
    struct outcome *outcome = calloc(1, sizeof *outcome);
    if (outcome == NULL)
        return EXIT_FAILURE;
    buf_init(&why);
    const struct protocol *protocol =
        strcmp(options.protocol, "mgr") == 0 ? &protocol_mgr : &protocol_resp;
    if (!load_run(&options, protocol, outcome, &why)) {
        fprintf(stderr, "mgr-bench: %.*s\n", (int)why.len, (const char *)why.data);
        exit_code = EXIT_UNREACHABLE;
    } else {
        report(&options, outcome);
        exit_code = outcome->misses + outcome->errors == 0 ? EXIT_SUCCESS : EXIT_WRONG;
    }
    buf_free(&why);
    free(outcome);
    return exit_code;
}
