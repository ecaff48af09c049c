/* SPDX-License-Identifier: BSD-2-Clause */
/* What the two processes of a run tell each other. */
#ifndef CLI_MESSAGE_H
#define CLI_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

enum note_kind {
    NOTE_BEAT,  /* I am here; of the guardian: since_ns, of the last answered heartbeat; 0: none */
    NOTE_GROUP, /* guardian: the process group `number` is ours to kill */
    NOTE_GROUP_END, /* guardian: that group is no more */
    NOTE_READY,   /* guardian: the program may begin; since_ns: token of an owner that died; 0: none
                   */
    NOTE_GO,      /* front: let it begin; number: it has the terminal */
    NOTE_STOPPED, /* guardian: the program stopped */
    NOTE_LOST,    /* guardian: the programs are told to end; number: enum loss */
    NOTE_SIGNAL,  /* front: signal `number` is for the program */
    NOTE_SUSPENDED, /* front: I am about to stop, and that is in order */
    NOTE_END,       /* guardian: it is over; number: see outcome.h */
};

struct note {
    enum note_kind kind;
    int32_t number;
    int64_t since_ns;
};

enum note_taken { NOTE_GONE = -1, NOTE_NONE, NOTE_TAKEN };

/* The two ends; closed on exec. */
bool note_ends(int ends[2]);
/* Never waits. A beat is dropped while many notes wait to be taken, so that there is room for the
 * others, which are few: whoever wakes after a long time hears how it ended. */
void note_send(int fd, enum note_kind kind, int32_t number, int64_t since_ns);
/* GONE: the other process has ended. */
enum note_taken note_take(int fd, struct note *out);

#endif
