# SPDX-License-Identifier: BSD-2-Clause
# Histories that clients wrote down (history_client.c): calls, answers, and when a session may have died.
import os

NONE = -1
CHUNK = 1 << 18
# said by the library: whether it was done is not known
UNKNOWN = frozenset(("INDETERMINATE", "INTERRUPTED", "CANCELLED"))
# said by the library, or before anything was done: no effect, and no revision of its own
NOTHING = frozenset(("SESSION_LOST", "UNREACHABLE", "SUPERSEDED", "SHUTTING_DOWN"))
READS = frozenset(("locked", "held", "value", "len", "is_set", "info", "dict_get", "event_wait"))
FOR_EVER = 1 << 80
JUDGE = 9999  # the client that looks last, when no session of the others is left


class Op:
    """One call. status None: nobody knows what became of it."""

    __slots__ = ("run", "next", "name", "obj", "wait", "token", "number", "t0", "t1", "status", "rev",
                 "got", "depth", "previous", "attempts", "redelivered", "lost", "epoch", "value", "rank")

    def heard(self):
        """Whether the daemon answered."""
        return self.status is not None and self.status not in NOTHING

    def missed(self):
        """Whether it may have been refused what was there, as its connection, or another's, was gone."""
        return self.run.restarts or self.run.cut and self.wait > 0 and self.status == "TIMEOUT"

    def mortal(self, by):
        """Whether the session that this was done in may have ended before `by` returned."""
        return self.run.ends[self.epoch] <= by.t1

    def __repr__(self):
        took = f"{self.t0}..{self.t1 if self.t1 != FOR_EVER else ''}"
        args = f"wait {self.wait} token {self.token} number {self.number}"
        got = f"{self.status} rev {self.rev} token {self.got} value {self.value}"
        return f"{self.run} {took} {self.obj} {self.name}({args}) -> {got} " \
               f"(depth {self.depth}, previous {self.previous}, attempts {self.attempts}, lost {self.lost})"


class Run:
    """One life of a client: a session, or several (epochs) when it lost one."""

    __slots__ = ("client", "number", "start", "cut", "restarts", "ops", "ends", "bye")

    def __init__(self, client, number, start, breaks=0):
        self.client, self.number, self.start = client, number, start
        # its connection may break: while it waits it may be away, and is passed over then
        self.cut = breaks >= 1
        # since the daemon starts again, which passes nobody over for a second
        self.restarts = breaks >= 2
        self.ops = []
        self.bye = None  # when it ended itself
        self.ends = {}  # epoch -> the time from which on its session may have ended

    def __repr__(self):
        return f"client {self.client}.{self.number}"

    def find_ends(self):
        """A session may end after the last thing that was heard in it, or after Bye: unless nobody answered the call in
        front of it, as after a stop that was longer than the lease. What Bye was said in had ended by then, perhaps."""
        for op in self.ops:
            if op.heard():
                self.ends[op.epoch] = op.t0
        if self.bye is not None and self.ops:
            if self.ops[-1].heard():
                self.ends[self.ops[-1].epoch] = self.bye
            else:
                self.bye = None


def _answer(op, words):
    op.t1 = int(words[1])
    status = words[2].decode()
    op.status = None if status in UNKNOWN else status
    op.rev, op.got, op.depth, op.previous, op.attempts = map(int, words[3:8])
    op.redelivered = words[8] == b"1"
    op.lost = words[9] == b"1"
    op.epoch, op.value = int(words[10]), int(words[11])


def _call(run, words):
    op = Op()
    op.run, op.next = run, None
    op.t0, op.t1 = int(words[1]), FOR_EVER
    op.name, op.obj = words[2].decode(), words[3].decode()
    op.wait, op.token, op.number = int(words[4]), int(words[5]), int(words[6])
    op.status = None
    op.redelivered = op.lost = False
    op.rev = op.got = op.depth = op.previous = op.attempts = op.epoch = op.value = NONE
    if op.obj.startswith("dict") and op.name == "get" or op.obj.startswith("event") and op.name == "wait":
        op.name = f"{op.obj.rstrip('0123456789')}_{op.name}"
    return op


def read_run(text):
    """A Run from the bytes of a file; what is not a whole line is dropped. None: it never began."""
    text = text[:text.find(b"\0")] if b"\0" in text else text
    lines = text.split(b"\n")[:-1]
    if not lines:
        return None
    head = lines[0].split()
    run = Run(int(head[1]), int(head[2]), int(head[3]), int(head[4]) if len(head) > 4 else 0)
    op, ops = None, run.ops
    for line in lines[1:]:
        words = line.split()
        if words[0] == b"-":
            _answer(op, words)
        elif words[0] == b"+":
            last, op = op, _call(run, words)
            if last is not None:
                last.next = op
            ops.append(op)
        elif words[0] == b"B":
            run.bye = int(words[1])
    run.find_ends()
    return run


def rank_ops(ops):
    """Where each known call stands in the daemon's own order: its step, or right after the step it saw."""
    for op in ops:
        reads = op.status != "OK" or op.name in READS or op.lost or op.name == "cas" and op.value == 0
        op.rank = 2 * op.rev + (1 if reads else 0)


class History:
    """All runs; ops are those whose outcome is known, in the daemon's order."""

    def __init__(self, runs):
        self.runs = [run for run in runs if run is not None]
        whole = [op for run in self.runs for op in run.ops]
        self.unknown = [op for op in whole if op.status is None]
        self.unheard = [op for op in whole if op.status in NOTHING]
        self.ops = [op for op in whole if op.heard()]
        rank_ops(self.ops)
        self.ops.sort(key=lambda op: op.t0)  # of those who tell the same step, who came first made it
        self.ops.sort(key=lambda op: op.rank)

    def __len__(self):
        return len(self.ops) + len(self.unknown)


def _written(path):
    """What a file begins with: it has room for more, full of zeros."""
    parts = []
    with open(path, "rb") as file:
        while not parts or parts[-1] and b"\0" not in parts[-1]:
            parts.append(file.read(CHUNK))
    return b"".join(parts)


def load(folder):
    """The History of all files of a folder."""
    return History([read_run(_written(os.path.join(folder, name))) for name in sorted(os.listdir(folder))])
