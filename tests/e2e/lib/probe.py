# SPDX-License-Identifier: BSD-2-Clause
# A process that keeps asking small things of a daemon, and remembers its longest waits in each phase.
import mmap
import os
import struct
import time

from lib.wire import frame, make_request, split_frame

PHASES = 64


class Probe:
    """Gets from a dict and appends to a list, one request at a time; the phase is set from outside.

    A wait is measured twice: by the clock, and by the processor time that the daemon took meanwhile,
    which other work of the machine does not lengthen."""

    def __init__(self, daemon):
        self.shared = mmap.mmap(-1, 8 * (1 + 3 * PHASES))
        self.pid = os.fork()
        if self.pid == 0:
            try:
                self.run(daemon)
            finally:
                os._exit(0)

    def _get(self, at, kind="q"):
        return struct.unpack_from(kind, self.shared, 8 * at)[0]

    def _set(self, at, number, kind="q"):
        struct.pack_into(kind, self.shared, 8 * at, number)

    def _note(self, column, phase, seconds):
        at = 1 + column * PHASES + phase
        self._set(at, max(seconds, self._get(at, "d")), "d")

    def run(self, daemon):
        client = daemon.client(linger_ms=0)
        client.call("object_create", name="probe/dict", type="dict", init={1: 1})
        client.call("object_create", name="probe/list", type="list")
        calls = [("dict_get", {"name": "probe/dict", "key": 1}), ("list_append", {"name": "probe/list", "value": 1}),
                 ("list_pop", {"name": "probe/list"})]
        with open(f"/proc/{daemon.process.pid}/schedstat", "rb", buffering=0) as schedstat:
            self.ask(client, calls, lambda: int(os.pread(schedstat.fileno(), 64, 0).split()[0]) / 1e9)
        client.call("object_delete", name="probe/dict")
        client.call("object_delete", name="probe/list")
        client.bye()

    def ask(self, client, calls, cpu):
        while (phase := self._get(0)) >= 0:
            for op, arguments in calls:
                client.last_id += 1
                data = frame(make_request(op, client.last_id, **arguments))
                began, used = time.perf_counter(), cpu()
                client.sock.sendall(data)
                got = b""
                while split_frame(got) is None:
                    got += client.sock.recv(4096)
                self._note(0, phase, time.perf_counter() - began)
                self._note(1, phase, cpu() - used)
                self._set(1 + 2 * PHASES + phase, self._get(1 + 2 * PHASES + phase) + 1)

    def enter(self, phase):
        self._set(0, phase)

    def longest(self, phase):
        """(seconds of the longest wait, of processor time in one wait, requests) in that phase."""
        return (self._get(1 + phase, "d"), self._get(1 + PHASES + phase, "d"),
                self._get(1 + 2 * PHASES + phase))

    def stop(self):
        self._set(0, -1)
        os.waitpid(self.pid, 0)
