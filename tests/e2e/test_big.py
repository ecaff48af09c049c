# SPDX-License-Identifier: BSD-2-Clause
# alone
# A million entries: while they come, are read and go, nobody else waits long; then the memory is back.
import os

from lib.daemon import Daemon
from lib.probe import Probe
from lib.run import check, equal, main, measured, wait_until
from lib.wire import frame, varint

COUNT = int(os.environ.get("COUNT", 1_000_000))
BATCH = 2000
CYCLES = 3
WINDOW = 256  # a session's answers are kept in so many slots, which come as they are used
STALL_S = 0.050
RSS_SLACK = 8 << 20


def zigzag(number):
    return varint(number << 1)


def pair(i):
    """An entry of a dict, encoded: 'k0000001': 1"""
    value = b"\x18" + zigzag(i)
    body = b"\x0a\x0a\x32\x08k%07d\x12" % i + varint(len(value)) + value
    return b"\x0a" + varint(len(body)) + body


def item(i):
    value = b"\x32\x08i%07d" % i
    return b"\x0a" + varint(len(value)) + value


def batches(one, kind):
    """Encoded Values of BATCH entries each."""
    out = []
    for start in range(0, COUNT, BATCH):
        body = b"".join(map(one, range(start, min(start + BATCH, COUNT))))
        out.append(kind + varint(len(body)) + body)
    return out


def send_batches(client, number, name, values):
    """Requests of that number with (name, items), 8 at a time."""
    waiting = []
    for value in values:
        id = client.new_id()
        body = b"\x0a" + varint(len(name)) + name + b"\x12" + varint(len(value)) + value
        client.waiting[id] = frame(b"\x08" + varint(id) + varint(number << 3 | 2) + varint(len(body)) + body)
        client.write(client.waiting[id])
        waiting.append(id)
        if len(waiting) == 8:
            client.result(waiting.pop(0))
    for id in waiting:
        client.result(id)


def read_all(client, op, **arguments):
    """How many entries all pages of a scan have together."""
    count, cursor = 0, b""
    while True:
        response = client.reply(client.send(op, **(dict(arguments, cursor=cursor) if cursor else arguments)))
        items = response.page.items
        count += len(items.dict.pairs) or len(items.list.items)
        cursor = response.page.cursor
        if not cursor:
            return count


def phases(client, pairs, items):
    """(what, function) of one cycle."""
    def make():
        client.call("object_create", name="d", type="dict")
        client.call("object_create", name="l", type="list")

    def range_all():
        for start in range(0, COUNT, 50_000):
            client.call("list_range", name="l", start=start, limit=1000)
    return [
        ("growth of the dict", lambda: (make(), send_batches(client, 137, b"d", pairs))),
        ("scan of the dict", lambda: equal(read_all(client, "dict_scan", name="d"), COUNT, "scan")),
        ("growth of the list", lambda: send_batches(client, 198, b"l", items)),
        ("scan of the list", lambda: equal(read_all(client, "object_scan", name="l"), COUNT, "scan")),
        ("ranges of the list", range_all),
        ("insert and pop at the parent", lambda: [client.call("list_insert", name="l", index=0, value=1) or
                                                 client.call("list_pop", name="l", index=0) for _ in range(200)]),
        ("clear of the dict", lambda: client.call("dict_clear", name="d")),
        ("delete of the list", lambda: client.call("object_delete", name="l")),
        ("delete of the dict", lambda: client.call("object_delete", name="d")),
    ]


def fill_windows(client, probe):
    """Until both sessions have used every slot: from then on they need no more memory."""
    client.call("object_create", name="warm", type="list")
    for i in range(2 * WINDOW):
        client.call("list_append", name="warm", value=i)
        client.call("list_pop", name="warm")
    client.call("object_delete", name="warm")
    wait_until(lambda: probe.longest(0)[2] > 6 * WINDOW, "the probe has used its slots")


def quiet(client, level):
    """Until what was deleted has been given back."""
    wait_until(lambda: client.call("server_stat")["memory_bytes"] <= level, "the memory returns")


def test_million():
    pairs, items = batches(pair, b"\x52"), batches(item, b"\x42")
    with Daemon(variant="release", config={"limits": {"memory": "4GiB"}}) as daemon:
        daemon.warm(10)
        memory = daemon.settled()
        probe = Probe(daemon)
        rss, names, n = [], [], 1
        with daemon.client() as client:
            fill_windows(client, probe)
            level = client.call("server_stat")["memory_bytes"]
            for _ in range(CYCLES):
                names = []
                for what, function in phases(client, pairs, items):
                    probe.enter(n)
                    function()
                    names.append(what)
                    n += 1
                quiet(client, level)
                probe.enter(0)
                rss.append(daemon.rss())
        probe.stop()
        judge(probe, names)
        equal(daemon.settled(), memory, "memory of the engine")
        check(rss[2] <= rss[1] + RSS_SLACK, f"resident bytes after each cycle: {rss}")
        measured(f"resident after each cycle: {', '.join(str(r >> 20) for r in rss)} MiB; engine: {memory} bytes again")


def milliseconds(seconds):
    return "/".join(f"{s * 1e3:.1f}" for s in seconds)


def judge(probe, names):
    """The daemon's own time counts, and the best of the cycles."""
    slow = []
    for i, what in enumerate(names):
        rows = [probe.longest(1 + i + cycle * len(names)) for cycle in range(CYCLES)]
        walls, cpus, counts = zip(*rows)
        measured(f"{what}: another client waited for at most {milliseconds(cpus)} ms of the daemon's time "
                 f"({milliseconds(walls)} ms by the clock, {sum(counts)} requests)")
        if min(cpus) > STALL_S:
            slow.append(what)
    check(not slow, f"others waited more than {STALL_S * 1e3:.0f} ms: {slow}")


if __name__ == "__main__":
    main(globals())
