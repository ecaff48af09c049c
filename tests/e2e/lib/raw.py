# SPDX-License-Identifier: BSD-2-Clause
# Bytes that no client would send, what comes of them, and what they must not leave behind.
import contextlib

from lib.run import check, equal, wait_until
from lib.wire import ERRORS, Response, connect, frame, make_request, split_frame, varint

MAX = 16 << 20
CLOSED = "closed"
HELLO = frame(make_request("session_hello", 1, version=1, linger_ms=0))


def field(number, wire_type, payload=b""):
    return varint(number << 3 | wire_type) + payload


def blob(number, payload):
    return field(number, 2, varint(len(payload)) + payload)


def request(*parts, id=5):
    """A frame with an id and raw fields behind it."""
    return frame(field(1, 0, varint(id)) + b"".join(parts))


# ---- talking without the client's manners ----------------------------------------------------------
def read_all(sock):
    """Responses until the daemon closes."""
    data, out, at = bytearray(), [], 0
    while True:
        try:
            more = sock.recv(262144)
        except ConnectionResetError:
            more = b""
        if not more:
            return out
        data += more
        while (part := split_frame(data, at)) is not None:
            body, at = part
            out.append(Response.FromString(body))


def converse(daemon, data, hello=HELLO):
    """Sends everything, stops sending, gives all that comes back."""
    with contextlib.closing(connect(daemon.path)) as sock:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            sock.sendall(hello + data)
        return read_all(sock)


def outcome(daemon, data, hello=HELLO):
    """CLOSED, or the name of the error that the request with id 5 got while its connection lives."""
    with contextlib.closing(connect(daemon.path)) as sock:
        ping = frame(make_request("server_ping", 77))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            sock.sendall(hello + data + ping)
        got, buffer, at = {}, bytearray(), 0
        while 77 not in got:
            try:
                more = sock.recv(65536)
            except ConnectionResetError:
                more = b""
            if not more:
                check(5 not in got, "an answer, and then the connection was closed")
                return CLOSED
            buffer += more
            while (part := split_frame(buffer, at)) is not None:
                body, at = part
                response = Response.FromString(body)
                got[response.id] = response
        response = got[5]
        return ERRORS[response.error.code][0] if response.HasField("error") else "done"


class Guard:
    """The daemon lives, memory and descriptors return, the next client is served."""

    def __init__(self, daemon):
        self.daemon = daemon
        with daemon.client() as client:
            client.call("object_create", name="d", type="dict")
        self.memory, self.fds = daemon.settled(), daemon.fds()

    def after(self, what):
        check(self.daemon.process.poll() is None, lambda: f"{what}: mgrd died\n{self.daemon.stderr()}")
        with self.daemon.client() as client:
            client.call("dict_clear", name="d")
        equal(self.daemon.settled(), self.memory, f"{what}: memory of the engine")
        wait_until(lambda: self.daemon.fds() == self.fds, f"{what}: descriptors return")
