# SPDX-License-Identifier: BSD-2-Clause
# A proxy that stops forwarding when it is told, in one direction or both, and says nothing about it.
import selectors
import socket
import threading


class Valve(threading.Thread):
    """Forwards to address. shut("up") holds back what clients say, shut("down") what the daemon says."""

    def __init__(self, address):
        super().__init__(daemon=True)
        self.address = address
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.at = "{}:{}".format(*self.listener.getsockname())
        self.closed = set()
        self.peers = {}  # socket: (the other one, direction)
        self.selector = selectors.DefaultSelector()
        self.wake, self.woken = socket.socketpair()
        self.orders = []
        for sock in (self.listener, self.woken):
            self.selector.register(sock, selectors.EVENT_READ)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.order("end")
        self.join()

    def order(self, what):
        self.orders.append(what)
        self.wake.send(b"!")

    def shut(self, direction):
        self.order(direction)

    def cut(self):
        """Closes all connections; new ones are welcome."""
        self.order("cut")

    def run(self):
        while True:
            for key, _ in self.selector.select():
                if key.fileobj is self.woken:
                    self.woken.recv(1)
                    what = self.orders.pop(0)
                    if what in ("cut", "end"):
                        self.drop_all()
                    if what == "end":
                        self.listener.close()
                        return
                    self.obey(what)
                elif key.fileobj is self.listener:
                    self.accept()
                elif key.fileobj in self.peers:
                    self.forward(key.fileobj)

    def obey(self, direction):
        self.closed.add(direction)
        for sock, (_, its) in self.peers.items():
            if its == direction:
                self.selector.unregister(sock)

    def accept(self):
        client, _ = self.listener.accept()
        server = socket.create_connection(self.address)
        self.peers[client], self.peers[server] = (server, "up"), (client, "down")
        for sock in (client, server):
            if self.peers[sock][1] not in self.closed:
                self.selector.register(sock, selectors.EVENT_READ)

    def forward(self, source):
        try:
            data = source.recv(65536)
            if data:
                self.peers[source][0].sendall(data)
                return
        except OSError:
            pass
        self.drop(source)

    def drop(self, source):
        for sock in (source, self.peers[source][0]):
            if sock in self.selector.get_map():
                self.selector.unregister(sock)
            del self.peers[sock]
            sock.close()

    def drop_all(self):
        while self.peers:
            self.drop(next(iter(self.peers)))
