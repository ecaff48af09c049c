/* SPDX-License-Identifier: BSD-2-Clause */
/* Recording what a journal did. */
#include "tests/support/tape.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/support/must.h"

void tape_put(struct tape *tape, const struct io_event *event)
{
    pthread_mutex_lock(&tape->mutex);
    if (tape->count == tape->cap) {
        tape->cap = tape->cap * 2 + 256;
        tape->events = realloc(tape->events, tape->cap * sizeof tape->events[0]);
        must(tape->events != NULL);
    }
    struct tape_event *kept = &tape->events[tape->count++];
    *kept = (struct tape_event){.op = event->op, .offset = event->offset, .len = event->len};
    snprintf(kept->name, sizeof kept->name, "%s", event->name);
    if (event->to != NULL)
        snprintf(kept->to, sizeof kept->to, "%s", event->to);
    if (event->len > 0) {
        kept->data = malloc(event->len);
        must(kept->data != NULL);
        memcpy(kept->data, event->data, event->len);
    }
    pthread_mutex_unlock(&tape->mutex);
}

static void told(void *arg, const struct io_event *event)
{
    tape_put(arg, event);
}

void tape_init(struct tape *tape)
{
    *tape = (struct tape){.count = 0};
    pthread_mutex_init(&tape->mutex, NULL);
}

void tape_attach(struct tape *tape, struct io *io)
{
    io->told = told;
    io->arg = tape;
}

size_t tape_count(struct tape *tape)
{
    pthread_mutex_lock(&tape->mutex);
    size_t count = tape->count;
    pthread_mutex_unlock(&tape->mutex);
    return count;
}

void tape_cut(struct tape *tape, size_t count)
{
    while (tape->count > count)
        free(tape->events[--tape->count].data);
}

void tape_free(struct tape *tape)
{
    tape_cut(tape, 0);
    free(tape->events);
    pthread_mutex_destroy(&tape->mutex);
}
