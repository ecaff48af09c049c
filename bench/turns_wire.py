# SPDX-License-Identifier: BSD-2-Clause
# Large requests, written byte by byte: a protobuf library would need minutes and gigabytes for them.
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))
from lib.wire import Client, MgrError, Request, Response, result_of, varint  # noqa: E402

KINDS = {"none": 1, "bool": 2, "int": 3, "bigint": 4, "float": 5, "str": 6, "bytes": 7, "list": 8, "tuple": 9,
         "dict": 10, "set": 11, "frozenset": 12, "ref": 13, "opaque": 14}
PARSED_MAX = 1 << 20  # of a longer reply only the size is looked at
FRAME_MAX = 16 << 20  # limits.frame, which the cases leave as it is


class TooLong(Exception):
    """The request does not fit in a frame."""


def run(number, content):
    """A field with a length."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def integer(number):
    return bytes([KINDS["int"] << 3]) + varint((number << 1) ^ (number >> 63))


def text(of):
    return run(KINDS["str"], of.encode())


def data(of):
    return run(KINDS["bytes"], of)


def ref(number):
    return bytes([KINDS["ref"] << 3]) + varint(number)


def items(encodings):
    """The body of a list, tuple, set or frozenset."""
    return b"".join(b"\x0a" + varint(len(item)) + item for item in encodings)


def container(kind, encodings):
    return run(KINDS[kind], items(encodings))


def pairs(of):
    """A dict."""
    made = (b"\x0a" + varint(len(key)) + key + b"\x12" + varint(len(value)) + value for key, value in of)
    return run(KINDS["dict"], b"".join(b"\x0a" + varint(len(pair)) + pair for pair in made))


def nested(depth, inner):
    """Lists in lists."""
    for _ in range(depth):
        inner = container("list", [inner])
    return inner


def request(op, id, arguments, **head):
    """A frame of the request; an argument of type bytes for a Value is its encoding."""
    field = Request.DESCRIPTOR.fields_by_name[op]
    body = b""
    for name, argument in arguments.items():
        number = field.message_type.fields_by_name[name].number
        if isinstance(argument, (bytes, bytearray)):
            body += run(number, argument)
        elif isinstance(argument, str):
            body += run(number, argument.encode())
        else:
            body += varint(number << 3) + varint(int(argument))
    whole = Request(id=id, **head).SerializeToString() + run(field.number, body)
    if len(whole) > FRAME_MAX:
        raise TooLong
    return varint(len(whole)) + whole


class Talker(Client):
    """A client whose requests and replies may be large."""

    def ask(self, op, head=None, **arguments):
        """Sends one request; gives "done", the grant, the name of the error, or "N bytes" for a long reply."""
        try:
            self.post(op, head, **arguments)
        except TooLong:
            return "TOO_LARGE: for a frame"
        return self.hear()

    def post(self, op, head=None, **arguments):
        self.last_id += 1
        self.write(request(op, self.last_id, arguments, acked=self.last_id - 1, **(head or {})))
        return self.last_id

    def hear(self):
        body = self.read_body()
        if len(body) > PARSED_MAX:
            return f"{len(body)} bytes"
        response = Response.FromString(body)
        if response.WhichOneof("result") == "error":
            error = MgrError(response.error)
            return f"{error.name}: {error.text}"
        return result_of(response) if response.WhichOneof("result") == "grant" else "done"

    def read_body(self):
        """The next reply, whole; much faster than read() for a long one."""
        del self.data[:self.at]  # what read() has used
        self.at = 0
        while True:
            size, at = self.head()
            if size is not None:
                break
            self.more(1)
        while len(self.data) < at + size:
            self.more(at + size - len(self.data))
        body = bytes(self.data[at:at + size])
        del self.data[:at + size]
        return body

    def head(self):
        size, shift = 0, 0
        for at, byte in enumerate(self.data):
            size |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return size, at + 1
        return None, 0

    def more(self, least):
        got = self.sock.recv(max(65536, min(least, 1 << 20)))
        if not got:
            raise EOFError("the daemon closed the connection")
        self.data += got
