/* SPDX-License-Identifier: BSD-2-Clause */
/* mgrd: reads its arguments and configuration, serves, and ends. */
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "daemon/declare.h"
#include "daemon/server.h"
#include "daemon/server_metrics.h"
#include "daemon/store/store_tools.h"
#include "wire/base/inherited.h"

struct arguments {
    const char *config; /* NULL: the default file, if it exists */
    bool check_config;
    const char *verify, *compact, *restore; /* what to do instead of serving; NULL: serve */
    const char *before, *parent;            /* arguments of compact */
};

static void usage(FILE *out)
{
    fputs(
        "usage: mgrd [-c FILE] [--check-config] [--foreground] [--version] [--help]\n"
        "       mgrd --verify DIR|BACKUP\n"
        "       mgrd [-c FILE] --restore BACKUP\n"
        "\n"
        "  -c, --config FILE  read this configuration (default /etc/mgrd/mgrd.yaml if it exists,\n"
        "                     else built-in defaults: loopback)\n"
        "      --check-config read the configuration, say what is wrong with it, and end\n"
        "      --foreground   do not detach: what mgrd always does; for symmetry\n"
        "      --verify DIR   read the journal in DIR, or a backup, say what is there or what is\n"
        "                     damaged, and end\n"
        "      --restore BACKUP\n"
        "                     begin the configured journal, which must be empty, with a backup\n"
        "      --version      print the version\n"
        "\n"
        "Signals: TERM drains and ends, HUP reads the configuration again.\n",
        out);
}

/* -1: go on; else the exit code. */
static int parse(int argc, char **argv, struct arguments *arguments)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},  {"check-config", no_argument, NULL, 'k'},
        {"foreground", no_argument, NULL, 'f'},    {"version", no_argument, NULL, 'V'},
        {"verify", required_argument, NULL, 'v'},  {"restore", required_argument, NULL, 'r'},
        {"compact", required_argument, NULL, 'C'}, {"tables", no_argument, NULL, 't'},
        {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0}};
    int option;
    while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
        switch (option) {
        case 'c':
            arguments->config = optarg;
            break;
        case 'k':
            arguments->check_config = true;
            break;
        case 'f':
            break;
        case 'v':
            arguments->verify = optarg;
            break;
        case 'r':
            arguments->restore = optarg;
            break;
        case 'C':
            arguments->compact = optarg;
            break;
        case 'V':
            puts("mgrd " MGRD_VERSION);
            return EXIT_SUCCESS;
        case 't': /* for building the manual page */
            server_metrics_print(stdout);
            return EXIT_SUCCESS;
        case 'h':
            usage(stdout);
            return EXIT_SUCCESS;
        default:
            usage(stderr);
            return EX_USAGE;
        }
    }
    if (arguments->compact != NULL && optind + 2 == argc) {
        arguments->before = argv[optind++];
        arguments->parent = argv[optind++];
    }
    if (optind == argc)
        return -1;
    fprintf(stderr, "mgrd: unexpected argument '%s'\n", argv[optind]);
    usage(stderr);
    return EX_USAGE;
}

static void configure_log(struct log *log, const struct config *config)
{
    log->level = (enum log_level)config->log_level;
    log->format = (enum log_format)config->log_format;
    log->rate = config->log_rate;
}

static int check(const struct config *config, const char *path, struct log *log)
{
    const char *name = path == NULL ? "defaults" : path;
    struct buf why;
    buf_init(&why);
    bool ok = declare_rehearse(&config->limits, log, &config->objects, &why);
    if (ok)
        printf("%s: ok\n", name);
    else
        fprintf(stderr, "mgrd: %s: %.*s\n", name, (int)why.len, (const char *)why.data);
    buf_free(&why);
    return !ok ? EX_CONFIG : fflush(stdout) == 0 ? EXIT_SUCCESS : EX_IOERR;
}

static int restore(const struct config *config, const char *backup)
{
    if (config->journal == CONFIG_JOURNAL_LOG)
        return store_tools_restore(config->journal_path, backup);
    fputs("mgrd: --restore needs a configuration with journal: {mode: log}\n", stderr);
    return EX_CONFIG;
}

static void end_at_once(int signo)
{
    (void)signo;
    _exit(EXIT_SUCCESS); /* nothing is served yet, so nothing has to be drained */
}

/* Holds signals until the loop takes over. Until then (reading a journal takes a while) the
 * signal to stop takes effect at once, and the one to reload stays pending. */
static void hold_signals(sigset_t *held)
{
    struct sigaction end = {.sa_handler = end_at_once};
    sigemptyset(held);
    sigaddset(held, SIGHUP);
    sigprocmask(SIG_BLOCK, held, NULL);
    sigemptyset(&end.sa_mask);
    sigaction(SIGTERM, &end, NULL);
    sigaction(SIGINT, &end, NULL);
}

static int serve(struct config *config, const char *path, struct log *log)
{
    int exit_code;
    sigset_t held;
    hold_signals(&held);
    struct server *server = server_new(config, path, log, &exit_code);
    if (server == NULL)
        return exit_code;
    sigprocmask(SIG_UNBLOCK, &held, NULL);
    exit_code = server_run(server);
    server_free(server);
    return exit_code;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {0};
    struct config config;
    struct config_env env;
    struct config_error error;
    struct log log;
    inherited_prepare();
    int done = parse(argc, argv, &arguments);
    if (done >= 0)
        return done;
    if (arguments.verify != NULL)
        return store_tools_verify(arguments.verify);
    if (arguments.compact != NULL)
        return store_tools_compact(arguments.compact, arguments.before, arguments.parent);
    /* Merges small freed blocks at once: otherwise glibc merges them in bulk, a stall of many
     * milliseconds. */
    mallopt(M_MXFAST, 0);
    /* Always maps large buffers, and unmaps them when freed: otherwise glibc raises the
     * threshold after the first one and keeps later ones in a heap that does not shrink. */
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    /* Leaves free memory at the end of the heap to the trims (daemon/base/trim.h), which return
     * it in parts, rather than to the free() call that happens to complete it. */
    mallopt(M_TRIM_THRESHOLD, -1);
    log_init(&log, 2);
    const char *path = arguments.config != NULL ? arguments.config : config_find_default();
    config_env_read(&env);
    if (!config_load(path, &env, &config, &error)) {
        fprintf(stderr, "mgrd: %s\n", error.text);
        return EX_CONFIG;
    }
    if (arguments.check_config) {
        done = check(&config, path, &log);
    } else if (arguments.restore != NULL) {
        done = restore(&config, arguments.restore);
    } else {
        configure_log(&log, &config);
        done = serve(&config, path, &log);
    }
    config_free(&config);
    log_free(&log);
    return done;
}
