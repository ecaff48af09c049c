/* SPDX-License-Identifier: BSD-2-Clause */
/* `mgrctl load`: objects from a dump. Four passes: all lines are checked before anything is
 * touched; objects are made, without content, so that all that refers to them finds them; content;
 * states that forbid content (a queue that is shut down). */
#ifndef CLI_LOAD_H
#define CLI_LOAD_H

#include "cli/dump/load_line.h"
#include "cli/dump/load_table.h"

struct load {
    struct cli *cli;
    struct load_file file;
    struct load_table table;
    struct literal_names names; /* what references mean, in the pass that runs */
    bool replace, if_absent;    /* what becomes of objects that are there */
    bool filling;               /* names are those of objects that are there by now */
    struct load_at at;          /* the line that is read */
    struct buf text, value;     /* of a line that is read again */
    uint64_t *gone; /* objects that stand for deleted ones, to be deleted in the end; owned */
    size_t gone_count, gone_cap;
    uint64_t strangers; /* ids given to references while there are none yet */
};

/* Reads and checks all. The exit code of these: reported. */
int load_check(struct load *load) __attribute__((warn_unused_result));
/* Makes all objects, or none. */
int load_make(struct load *load) __attribute__((warn_unused_result));
int load_fill(struct load *load) __attribute__((warn_unused_result));
int load_settle(struct load *load) __attribute__((warn_unused_result));

/* Reads a checked line again. */
int load_read(struct load *load, const struct load_at *at, struct load_line *line)
    __attribute__((warn_unused_result));
/* What the last call said, with the line. */
int load_report(struct load *load, enum mgr_status status) __attribute__((warn_unused_result));
/* What a reference means; empty: what it referred to is gone. */
bool load_resolve(void *arg, struct bytes name, uint64_t *id);
/* Deletes what stands for deleted objects. */
void load_forget(struct load *load);

#endif
