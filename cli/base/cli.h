/* SPDX-License-Identifier: BSD-2-Clause */
/* What one run of mgrctl is made of: options, output, connection, names. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "cli/base/created.h"
#include "cli/base/names.h"
#include "cli/base/options.h"
#include "cli/base/output.h"
#include "client/mgr.h"

struct cli {
    int (*run_words)(struct cli *cli, char **words, size_t count); /* for the shell: see run.h */
    struct options defaults; /* from the environment and mgrctl's own line */
    struct options options;  /* of the command that runs: the defaults and what its line adds */
    struct output out;
    struct mgr *m; /* NULL until the first call */
    struct names names;
    struct created created; /* for the command that runs */
    struct mgr *aside;      /* asks while m must not; NULL until then */
    bool keep;              /* the session is to outlive this program, for the lease */
    bool acquires;          /* what it acquires shall have the lease once it is there */
    bool holding;       /* m was given an item, and must not acknowledge it yet by another call */
    bool give_back;     /* what was handed over did not reach its reader */
    bool shell;         /* many commands, one session */
    char state_id[80];  /* of the daemon whose session a supervisor holds */
    bool stdin_taken;   /* standard input is read already, or the commands come from it */
    const char *script; /* where the commands come from; NULL: the command line */
    size_t line;        /* in it */
    bool stranger_told; /* that MGRCTL_REQUIRE is of another daemon */
};

void cli_init(struct cli *cli);
/* Sends what is printed, then ends the session, unless it has a lease to outlive this program;
 * frees all. When the output failed, what was acquired or handed over is given back. The exit code:
 * code, or that of standard output when it failed. */
int cli_end(struct cli *cli, int code) __attribute__((warn_unused_result));

/* Makes sure that there is a client; reports nothing. Not MGR_OK: mgr_error(cli->m) tells why, then
 * cli_drop. */
enum mgr_status cli_open(struct cli *cli) __attribute__((warn_unused_result));
/* The client for questions in between, which must not say that an item has arrived; NULL: none. */
struct mgr *cli_asker(struct cli *cli);
/* Makes sure that there is a client: cli->m is set when the result is 0, else it was reported and
 * this is the exit code. */
int cli_connect(struct cli *cli) __attribute__((warn_unused_result));
/* As mgr_call, of an operation by words. Connects when needed; reports nothing. */
enum mgr_status cli_call(struct cli *cli, const char *operation, const struct mgr_named *args,
                         size_t count, struct mgr_value **result)
    __attribute__((warn_unused_result));
/* The next call is refused when its object has changed, if --unchanged-since says so. */
void cli_since(struct cli *cli);
/* Whether the last call gave something back that was not its own any more. */
bool cli_lost(const struct cli *cli);
/* For values that are read and printed: refs by name. */
const struct literal_names *cli_names(struct cli *cli);
/* Calls require what the line says, else what the environment says, whatever the line before said.
 * That it is of another daemon, and so not checked, is told once. m was opened. */
void cli_require(struct cli *cli, struct mgr *m);
/* Ctrl-C was pressed. */
bool cli_interrupted(void);

#endif
