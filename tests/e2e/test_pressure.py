# SPDX-License-Identifier: BSD-2-Clause
# Memory follows what was received, not what was announced; who does not read is not read from.
import threading

from lib.daemon import Daemon
from lib.raw import HELLO, MAX, Guard
from lib.run import check, equal, main, measured, wait_until
from lib.wire import connect, frame, make_request, split_frame, varint


def test_announced_memory():
    """Memory follows what was received, not what was announced."""
    with Daemon(variant="release") as daemon:
        guard = Guard(daemon)
        for turn in range(2):
            before = daemon.rss()
            socks = []
            for _ in range(200):
                sock = connect(daemon.path)
                sock.sendall(HELLO + varint(MAX) + b"\x08")
                sock.recv(4096)
                socks.append(sock)
            daemon.stat()
            grown = daemon.rss() - before
            check(grown < 8 << 20, f"{grown} bytes for 200 bytes of 200 frames")
            for sock in socks:
                sock.close()
            guard.after("announced")
        measured(f"200 connections that announce 16 MiB each: {grown >> 10} KiB the second time")


def test_half_frames():
    """1 MiB of 16 on 40 connections, twice: the second time takes no more."""
    peaks = []
    with Daemon(variant="release") as daemon:
        guard = Guard(daemon)
        for turn in range(3):
            socks = []
            for _ in range(40):
                sock = connect(daemon.path)
                sock.sendall(HELLO + varint(MAX) + b"\x08\x05" + bytes(1 << 20))
                socks.append(sock)
            daemon.stat()
            peaks.append(daemon.rss())
            for sock in socks:
                sock.close()
            guard.after("half a frame")
        check(peaks[0] < 150 << 20, f"{peaks[0]} bytes for 40 MiB")
        check(peaks[2] < peaks[1] + (8 << 20), f"peaks {peaks}")
        measured(f"40 half frames of 1 MiB: RSS {', '.join(str(p >> 20) for p in peaks)} MiB")


def test_pipelining_without_reading():
    """100,000 requests, 1 KB of reply each, and nobody reads: the daemon stops reading."""
    count = 100_000
    with Daemon(variant="release") as daemon:
        guard = Guard(daemon)
        with daemon.client() as client:
            client.call("dict_set", name="d", key=1, value=bytes(1000))
        before, peak = daemon.rss(), 0
        sock = connect(daemon.path)
        sock.sendall(HELLO)
        data = b"".join(frame(make_request("dict_get", i, name="d", key=1)) for i in range(2, count + 2))
        sent = threading.Event()

        def send():
            sock.sendall(data)
            sent.set()
        thread = threading.Thread(target=send, daemon=True)
        thread.start()
        requests = wait_until(lambda: daemon.stat()["requests"] > 1000, "it begins")
        stable = None
        while stable != (requests := daemon.stat()["requests"] // 100):  # until it has stopped
            stable = requests
            sent.wait(0.2)
        peak = daemon.rss() - before
        check(not sent.is_set(), "the daemon took everything")
        check(peak < 64 << 20, f"{peak} bytes of replies that nobody reads")
        with daemon.client() as other:
            equal(other.call("dict_len", name="d"), 1, "others are served")
        got, at, buffer = 0, 0, bytearray()
        while got < count + 1:
            if (part := split_frame(buffer, at)) is None:
                del buffer[:at]
                at = 0
                buffer += sock.recv(1 << 20)
                continue
            at = part[1]
            got += 1
        thread.join()
        sock.close()
        guard.after("pipelining")
        measured(f"100,000 unread replies: RSS grew by {peak >> 20} MiB, every one came in the end")


if __name__ == "__main__":
    main(globals())
