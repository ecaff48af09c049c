/* SPDX-License-Identifier: BSD-2-Clause */
/* `mgrctl load`: objects from a dump. Four passes: all lines are checked before anything is
 * touched; objects are made, without content, so that all that refers to them finds them; content;
 * states that forbid content (a queue that is shut down). */
#ifndef CLI_LOAD_H
#define CLI_LOAD_H

#include "cli/dump/load_line.h"
#include "cli/dump/load_table.h"

struct restore {
    struct cli *cli;
    struct restore_file file;
    struct restore_table table;
    struct literal_names names; /* what references mean, in the pass that runs */
    bool replace, if_absent;    /* what becomes of objects that are there */
    bool filling;               /* names are those of objects that are there by now */
    struct restore_at at;       /* the line that is read */
    struct buf text, value;     /* of a line that is read again */
    uint64_t *gone; /* objects that stand for deleted ones, to be deleted in the end; owned */
    size_t gone_count, gone_cap;
    uint64_t strangers; /* ids given to references while there are none yet */
};

/* Reads and checks all. The exit code of these: reported. */
int restore_check(struct restore *restore) __attribute__((warn_unused_result));
/* Makes all objects, or none. */
int restore_make(struct restore *restore) __attribute__((warn_unused_result));
int restore_fill(struct restore *restore) __attribute__((warn_unused_result));
int restore_settle(struct restore *restore) __attribute__((warn_unused_result));

/* Reads a checked line again. */
int restore_read(struct restore *restore, const struct restore_at *at, struct restore_line *line)
    __attribute__((warn_unused_result));
/* What the last call said, with the line. */
int restore_report(struct restore *restore, enum mgr_status status)
    __attribute__((warn_unused_result));
/* What a reference means; empty: what it referred to is gone. */
bool restore_resolve(void *arg, struct bytes name, uint64_t *id);
/* Deletes what stands for deleted objects. */
void restore_forget(struct restore *restore);

#endif
