/* SPDX-License-Identifier: BSD-2-Clause */
/* Items on their way in batches, many at a time, and an exact account of which arrived. */
#ifndef CLI_BULK_BATCH_H
#define CLI_BULK_BATCH_H

#include "cli/base/cli.h"
#include "cli/syntax/grammar.h"

enum { BATCH_ITEMS = 1000, BATCH_BYTES = 256 * 1024, BATCH_FLYING = 64 };

/* Lines of input that one request holds. */
struct batch {
    size_t first, count; /* the number of its first line, from 1; how many lines */
};

struct batches {
    struct cli *cli;
    const struct op_row *row;
    const char *name;
    struct buf items; /* the list that grows */
    size_t mark;      /* of the open list */
    size_t item_count;
    size_t items_max;                  /* in one batch */
    bool waits;                        /* for room, as long as --timeout says */
    struct batch open;                 /* what items is made of */
    struct batch flying[BATCH_FLYING]; /* sent, in order; a ring */
    size_t flying_first, flying_count;
    size_t arrived;         /* lines that are in */
    struct batch failed;    /* the first batch that failed, or was not sent; count 0: none */
    size_t after_failure;   /* lines that are in behind it */
    bool begun;             /* pipelining */
    bool settled;           /* the first request was answered */
    bool unsure;            /* at the end: some requests have no known outcome */
    enum mgr_status status; /* why it failed */
    char error[512];
};

/* Pipelining begins with the first request. row is an operation with a name and a Value called
 * items. For one that may have to wait for room, set items_max to what there can be room for, and
 * waits: batches are then sent one after the other. */
void batches_begin(struct batches *batches, struct cli *cli, const struct op_row *row,
                   const char *name);
/* Where the next item's encoding goes, from a line: put one, then call batches_put. */
size_t batches_open_item(struct batches *batches);
/* The item is complete. */
void batches_close_item(struct batches *batches, size_t mark);
/* Drops an item that was opened and is no good. */
void batches_drop_item(struct batches *batches, size_t before);
/* Before an item of len bytes is opened: sends what is there if both together would be too large,
 * so that a large one is refused, or not, for itself. False: stop, something failed. */
bool batches_make_room(struct batches *batches, size_t len) __attribute__((warn_unused_result));
/* A line is complete: sends when the batch is full. False: stop, something failed. */
bool batches_line(struct batches *batches, size_t line) __attribute__((warn_unused_result));
/* Sends the rest and waits for all. */
void batches_end(struct batches *batches);

#endif
