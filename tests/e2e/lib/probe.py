# SPDX-License-Identifier: BSD-2-Clause
# A process that keeps asking small things of a daemon, and remembers its longest wait in each phase.
import mmap
import os
import struct
import time

from lib.wire import frame, make_request, split_frame

PHASES = 64


class Probe:
    """Gets from a dict and appends to a list, one request at a time; the phase is set from outside."""

    def __init__(self, daemon):
        self.shared = mmap.mmap(-1, 8 * (1 + 2 * PHASES))
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

    def run(self, daemon):
        client = daemon.client(linger_ms=0)
        client.call("object_create", name="probe/dict", type="dict", init={1: 1})
        client.call("object_create", name="probe/list", type="list")
        calls = [("dict_get", {"name": "probe/dict", "key": 1}), ("list_append", {"name": "probe/list", "value": 1}),
                 ("list_pop", {"name": "probe/list"})]
        id = 10
        while (phase := self._get(0)) >= 0:
            for op, arguments in calls:
                id += 1
                data = frame(make_request(op, id, **arguments))
                began = time.perf_counter()
                client.sock.sendall(data)
                got = b""
                while split_frame(got) is None:
                    got += client.sock.recv(4096)
                took = time.perf_counter() - began
                self._set(1 + phase, max(took, self._get(1 + phase, "d")), "d")
                self._set(1 + PHASES + phase, self._get(1 + PHASES + phase) + 1)
        client.last_id = id
        client.call("object_delete", name="probe/dict")
        client.call("object_delete", name="probe/list")
        client.bye()

    def enter(self, phase):
        self._set(0, phase)

    def longest(self, phase):
        """(seconds of the longest wait, requests) in that phase."""
        return self._get(1 + phase, "d"), self._get(1 + PHASES + phase)

    def stop(self):
        self._set(0, -1)
        os.waitpid(self.pid, 0)
