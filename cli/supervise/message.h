/* SPDX-License-Identifier: BSD-2-Clause */
/* What the two processes of a run tell each other. */
#ifndef CLI_MESSAGE_H
#define CLI_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

enum message_kind {
    MESSAGE_BEAT, /* I am here; of the supervisor: since_ns, of the last answered heartbeat; 0: none
                   */
    MESSAGE_GROUP,     /* supervisor: the process group `number` is ours to kill */
    MESSAGE_GROUP_END, /* supervisor: that group is no more */
    MESSAGE_READY,   /* supervisor: the program may begin; since_ns: token of an owner that died; 0:
                      * none
                      */
    MESSAGE_GO,      /* front: let it begin; number: it has the terminal */
    MESSAGE_STOPPED, /* supervisor: the program stopped */
    MESSAGE_LOST,    /* supervisor: the programs are told to end; number: enum loss */
    MESSAGE_SIGNAL,  /* front: signal `number` is for the program */
    MESSAGE_SUSPENDED, /* front: I am about to stop, and that is in order */
    MESSAGE_END,       /* supervisor: it is over; number: see outcome.h */
};

struct message {
    enum message_kind kind;
    int32_t number;
    int64_t since_ns;
};

enum message_taken { MESSAGE_GONE = -1, MESSAGE_NONE, MESSAGE_TAKEN };

/* The two ends; closed on exec. */
bool message_ends(int ends[2]);
/* Never waits. A beat is dropped while many notes wait to be taken, so that there is room for the
 * others, which are few: whoever wakes after a long time hears how it ended. */
void message_send(int fd, enum message_kind kind, int32_t number, int64_t since_ns);
/* GONE: the other process has ended. */
enum message_taken message_take(int fd, struct message *out);

#endif
