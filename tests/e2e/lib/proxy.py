# SPDX-License-Identifier: BSD-2-Clause
# A proxy that cuts connections at random moments, in either direction, in the middle of a frame too.
import random
import selectors
import socket
import struct
import threading

CHUNK = 4096


class Link:
    """One client's way to the daemon, with the number of bytes that each direction has left."""

    def __init__(self, client, server, left):
        self.ends = {client: server, server: client}
        self.client, self.left = client, left

    def cut(self, reset):
        for sock in self.ends:
            if reset:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.close()


class Proxy(threading.Thread):
    """Forwards to address; a connection is cut after about `mean` bytes of one of its directions.

    The bytes up to the cut are passed on, so a request may arrive whose reply never does."""

    def __init__(self, address, mean, seed):
        super().__init__(daemon=True)
        self.address, self.mean, self.rng = address, mean, random.Random(seed)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.at = self.listener.getsockname()
        self.cuts = 0
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.wake, self.woken = socket.socketpair()
        self.selector.register(self.woken, selectors.EVENT_READ)
        self.links = set()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.wake.close()
        self.join()

    def run(self):
        while True:
            for key, _ in self.selector.select():
                if key.fileobj is self.woken:
                    self.finish()
                    return
                if key.fileobj is self.listener:
                    self.accept()
                elif key.data in self.links:
                    self.forward(key.data, key.fileobj)

    def finish(self):
        for link in list(self.links):
            self.drop(link, False)
        for sock in (self.listener, self.woken):
            self.selector.unregister(sock)
            sock.close()

    def accept(self):
        client, _ = self.listener.accept()
        server = socket.create_connection(self.address)
        left = {sock: int(self.rng.expovariate(1 / self.mean)) for sock in (client, server)}
        link = Link(client, server, left)
        self.links.add(link)
        for sock in link.ends:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.selector.register(sock, selectors.EVENT_READ, link)

    def forward(self, link, source):
        try:
            data = source.recv(CHUNK)
            if not data:
                return self.drop(link, False)
            part = data[:link.left[source]]
            link.ends[source].sendall(part)
        except OSError:
            return self.drop(link, True)
        link.left[source] -= len(data)
        if link.left[source] < 0:
            self.cuts += 1
            self.drop(link, self.rng.random() < 0.5)
        return None

    def drop(self, link, reset):
        self.links.discard(link)
        for sock in link.ends:
            self.selector.unregister(sock)
        link.cut(reset)
