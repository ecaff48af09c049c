# SPDX-License-Identifier: BSD-2-Clause
# The public schema from Python: frames, values, and a client that resumes.
import atexit
import importlib
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
FOR_EVER = 2**64 - 1


def _compile():
    """Compiles proto/ as any client's author would, and gives the module of rpc.proto."""
    out = tempfile.mkdtemp(prefix="mgrd-proto-")
    atexit.register(shutil.rmtree, out, True)
    proto = os.path.join(ROOT, "proto")
    files = sorted(f for f in os.listdir(proto) if f.endswith(".proto"))
    subprocess.run(["protoc", f"--python_out={out}", "-I", proto, *files], check=True)
    sys.path.insert(0, out)
    modules = {f: importlib.import_module(f[:-6] + "_pb2") for f in files}
    sys.path.remove(out)
    return modules


_MODULES = _compile()
rpc = _MODULES["rpc.proto"]
value = _MODULES["value.proto"]
Request, Response, Value = rpc.Request, rpc.Response, value.Value


def _errors():
    """Code -> (name, Python's exception), from the table that the daemon is made from."""
    rows = {}
    with open(os.path.join(ROOT, "wire", "proto", "errors.def"), encoding="utf-8") as table:
        for line in table:
            if line.startswith("ERR("):
                name, code, exception = (part.strip() for part in line[4:].split(",")[:3])
                rows[int(code)] = (name, exception.strip('"'))
    return rows


ERRORS = _errors()


class MgrError(Exception):
    """An error reply."""

    def __init__(self, error):
        self.code = error.code
        self.name, self.exception = ERRORS.get(error.code, (f"CODE_{error.code}", "RuntimeError"))
        self.text = error.message
        self.object = error.object
        self.detail = error.detail
        super().__init__(f"{self.name}: {error.message}")


class ConnectionLost(Exception):
    """The daemon closed the connection."""


# ---- values ------------------------------------------------------------------------------------
class Ref(int):
    """A reference to another object."""

    def __repr__(self):
        return f"Ref({int(self)})"

    __str__ = int.__repr__


class Opaque:
    """Data of a foreign codec."""

    def __init__(self, codec, data, parts=None):
        self.codec, self.data, self.parts = codec, data, parts


def _put_int(to, number):
    if -2**63 <= number < 2**63:
        to.int = number
        return
    size = number.bit_length() // 8 + 1  # one bit more than the digits, for the sign
    to.bigint = number.to_bytes(size, "big", signed=True)


def _put_items(to, items):
    to.SetInParent()
    for item in items:
        put_value(to.items.add(), item)


def _put_dict(to, pairs):
    to.dict.SetInParent()
    for key, item in pairs.items():
        pair = to.dict.pairs.add()
        put_value(pair.key, key)
        put_value(pair.value, item)


def _put_opaque(to, opaque):
    to.opaque.codec, to.opaque.data = opaque.codec, opaque.data
    if opaque.parts is not None:
        put_value(to.opaque.parts, opaque.parts)


_PUT = {
    type(None): lambda to, v: to.none.SetInParent(),
    bool: lambda to, v: setattr(to, "bool", v),
    int: _put_int,
    float: lambda to, v: setattr(to, "float", v),
    str: lambda to, v: setattr(to, "str", v),
    bytes: lambda to, v: setattr(to, "bytes", v),
    list: lambda to, v: _put_items(to.list, v),
    tuple: lambda to, v: _put_items(to.tuple, v),
    dict: _put_dict,
    set: lambda to, v: _put_items(to.set, v),
    frozenset: lambda to, v: _put_items(to.frozenset, v),
    Ref: lambda to, v: setattr(to, "ref", v),
    Opaque: _put_opaque,
}


def put_value(to, python):
    """Writes a Python value into a Value."""
    if isinstance(python, Value):
        to.CopyFrom(python)
    else:
        _PUT[type(python)](to, python)


def _items(of, make):
    return make(take_value(item) for item in of.items)


_TAKE = {
    "none": lambda v: None,
    "bool": lambda v: v.bool,
    "int": lambda v: v.int,
    "bigint": lambda v: int.from_bytes(v.bigint, "big", signed=True),
    "float": lambda v: v.float,
    "str": lambda v: v.str,
    "bytes": lambda v: v.bytes,
    "list": lambda v: _items(v.list, list),
    "tuple": lambda v: _items(v.tuple, tuple),
    "dict": lambda v: {take_value(p.key): take_value(p.value) for p in v.dict.pairs},
    "set": lambda v: _items(v.set, set),
    "frozenset": lambda v: _items(v.frozenset, frozenset),
    "ref": lambda v: Ref(v.ref),
    "opaque": lambda v: Opaque(v.opaque.codec, v.opaque.data),
}


def take_value(message):
    """The Python value that a Value holds."""
    return _TAKE[message.WhichOneof("kind")](message)


# ---- frames ------------------------------------------------------------------------------------
def varint(number):
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def frame(body):
    """The bytes of a frame: body is a message or its encoding."""
    if not isinstance(body, (bytes, bytearray)):
        body = body.SerializeToString()
    return varint(len(body)) + body


def split_frame(data, at=0):
    """(body, next position) of the first whole frame from `at` on; None: more bytes are needed."""
    size, shift, start = 0, 0, at
    while True:
        if at >= len(data):
            return None
        byte = data[at]
        at += 1
        size |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
        assert at - start < 5, "a frame head of more than 5 bytes"
    if len(data) - at < size:
        return None
    return bytes(data[at:at + size]), at + size


def _put_argument(to, field, argument):
    if field.message_type is not None and field.message_type.name == "Value":
        put_value(getattr(to, field.name), argument)
    else:
        setattr(to, field.name, argument)


def make_request(op, request_id=1, acked=0, holder=0, wait_ms=0, require=None, unchanged_since=None,
                 **arguments):
    """A Request: op by its name ("dict_set"); a keyword that is absent is an argument not given."""
    request = Request(id=request_id, acked=acked, holder=holder, wait_ms=wait_ms, require=require,
                      unchanged_since=unchanged_since)
    message = getattr(request, op)
    message.SetInParent()
    fields = message.DESCRIPTOR.fields_by_name
    for name, argument in arguments.items():
        _put_argument(message, fields[name], argument)
    return request


def result_of(response):
    """What a reply tells, as Python has it; an error reply is raised."""
    kind = response.WhichOneof("result")
    if kind == "error":
        raise MgrError(response.error)
    if kind == "value":
        return take_value(response.value)
    if kind == "page":
        return take_value(response.page.items), response.page.cursor
    return None if kind == "done" else getattr(response, kind)


# ---- the client --------------------------------------------------------------------------------
def connect(address, timeout=20, receive_buffer=None):
    """A connected socket: address is a path or (host, port)."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.settimeout(timeout)
    try:
        if receive_buffer is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.connect(address)
        if family == socket.AF_INET:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        sock.close()
        raise
    return sock


class Client:
    """One session. Requests are pipelined: send() gives an id, reply(id) its answer."""

    def __init__(self, address, hello=True, timeout=20, **wishes):
        self.address, self.timeout, self.wishes = address, timeout, wishes
        self.welcome = None
        self.token = wishes.pop("token", None)
        self.last_id = 1
        self.waiting = {}  # id -> bytes of its frame
        self.replies = {}
        self.pushes = []
        self.sock = None
        self.open(hello)

    def open(self, hello=True):
        """Connects; says hello, with the token if there is one."""
        self.close()
        self.data, self.at = bytearray(), 0
        self.sock = connect(self.address, self.timeout)
        if hello:
            self.hello()

    def hello(self):
        wishes = dict(self.wishes)
        wishes.setdefault("client", "e2e")
        if self.token is not None:
            wishes["token"] = self.token
        self.write(frame(make_request("session_hello", 1, version=1, **wishes)))
        response = self.read()
        while response.id == 0:  # the daemon stops just now
            self.pushes.append(response.push)
            response = self.read()
        self.welcome = result_of(response)
        self.token, self.window = self.welcome.token, self.welcome.window
        return self.welcome.outcome

    def resume(self):
        """Connects again; what is unanswered is sent again with its old id. Gives the outcome."""
        self.open()
        if self.welcome.outcome == 1:
            for id in sorted(self.waiting):
                self.write(self.waiting[id])
        return self.welcome.outcome

    def resume_until(self, seconds=20):
        """Resumes as often as it takes."""
        until = time.monotonic() + seconds
        while True:
            try:
                return self.resume()
            except (OSError, ConnectionLost):
                if time.monotonic() > until:
                    raise
                time.sleep(0.002)

    def close(self, reset=False):
        """Goes away without a word. reset: with a TCP reset, so that nothing is sent any more."""
        if self.sock is not None:
            if reset:
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.sock.close()
        self.sock = None

    def bye(self):
        """Ends the session; comes back when the daemon has closed its end."""
        self.call("session_bye")
        try:
            while True:
                self.read()
        except ConnectionLost:
            self.close()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None and self.sock is not None:
            self.bye()
        self.close()

    # ---- bytes
    def write(self, data):
        try:
            self.sock.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise ConnectionLost(str(error)) from error

    def read(self):
        """The next Response, pushes included."""
        while True:
            part = split_frame(self.data, self.at)
            if part is not None:
                body, self.at = part
                return Response.FromString(body)
            if self.at:
                del self.data[:self.at]
                self.at = 0
            try:
                more = self.sock.recv(262144)
            except ConnectionResetError as error:
                raise ConnectionLost("reset") from error
            if not more:
                raise ConnectionLost("end of file")
            self.data += more

    # ---- requests
    def new_id(self):
        """The next id whose slot is free."""
        while True:
            self.last_id += 1
            if not self.waiting or all(
                    (id - self.last_id) % self.window for id in self.waiting):
                return self.last_id
            if len(self.waiting) >= self.window:
                self.receive()
                self.last_id -= 1

    def encode(self, op, **arguments):
        """Takes an id for the request and gives (id, its frame); write() is the caller's."""
        id = arguments.pop("request_id", None) or self.new_id()
        data = frame(make_request(op, id, **arguments))
        self.waiting[id] = data
        return id, data

    def send(self, op, **arguments):
        id, data = self.encode(op, **arguments)
        self.write(data)
        return id

    def receive(self):
        """Reads one Response and files it."""
        response = self.read()
        if response.id == 0:
            self.pushes.append(response.push)
        else:
            self.waiting.pop(response.id, None)
            self.replies[response.id] = response
        return response

    def reply(self, id):
        """The Response to a request."""
        while id not in self.replies:
            self.receive()
        return self.replies.pop(id)

    def result(self, id):
        return result_of(self.reply(id))

    def call(self, op, **arguments):
        """Sends one request and gives its result; an error reply is raised."""
        return self.result(self.send(op, **arguments))

    def error(self, op, **arguments):
        """Sends one request that must fail; gives the MgrError."""
        try:
            got = self.call(op, **arguments)
        except MgrError as error:
            return error
        raise AssertionError(f"{op} {arguments} did not fail but gave {got!r}")
