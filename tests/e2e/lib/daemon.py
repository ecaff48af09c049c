# SPDX-License-Identifier: BSD-2-Clause
# Real daemons for tests: started, asked, stopped, and looked at for what they left.
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import yaml

from lib.run import check, equal, wait_until
from lib.wire import ROOT, Client, ConnectionLost

BINARY = {
    "asan": os.path.join(ROOT, "build", "asan", "mgrd"),
    "release": os.path.join(ROOT, "build", "mgrd"),
}
REPORTS = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:", "Assertion",
           "WARNING: ThreadSanitizer")
START_S, STOP_S = 30, 30


def environment(leaks=True, **more):
    """What a daemon of a test sees: nothing of whoever runs the test. The look for leaks is half of what a sanitized
    mgrctl costs: not for the same command a hundred times."""
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": "/nonexistent"}
    env["ASAN_OPTIONS"] = f"detect_leaks={int(leaks)}:abort_on_error=0:quarantine_size_mb=16"
    env["UBSAN_OPTIONS"] = "print_stacktrace=1"
    env.update(more)
    return env


class Daemon:
    """A running mgrd in a directory of its own. As a context: stopped, and checked, at the end."""

    def __init__(self, config=None, variant="asan", binary=None, start=True, **options):
        self.dir = tempfile.mkdtemp(prefix="mgrd-e2e-")
        self.binary = binary or BINARY[variant]
        self.path = os.path.join(self.dir, "mgrd.sock")
        self.file = os.path.join(self.dir, "mgrd.yaml")
        self.log = os.path.join(self.dir, "stderr")
        self.options = options
        self.process = None
        self.port = None
        with open(self.log, "wb"):
            pass
        self.configure(config or {})
        if start:
            try:
                self.start()
            except BaseException:
                self.abandon()
                raise

    def configure(self, config):
        """Writes the configuration: listens on a unix socket and a free port unless told otherwise."""
        whole = {"listen": [f"unix:{self.path}", "127.0.0.1:0"], "log": {"rate": 0}}
        whole.update(config)
        with open(self.file, "w", encoding="utf-8") as out:
            yaml.safe_dump(whole, out, default_flow_style=False)

    # ---- its life
    def spawn(self, *arguments, prefix=(), env=None, **popen):
        """Starts the binary; standard error goes to the log."""
        command = [*prefix, self.binary, *(arguments or ("-c", self.file))]
        with open(self.log, "ab") as log:
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                    stderr=log, env=env or environment(), cwd=self.dir, **popen)

    def start(self):
        self.process = self.spawn(**self.options)
        self.wait_ready()

    def wait_ready(self):
        """Until it answers."""
        until = time.monotonic() + START_S
        while True:
            try:
                with Client(self.path) as client:
                    listen = client.call("server_info")["listen"]
                break
            except (OSError, ConnectionLost):
                check(self.process.poll() is None,
                      lambda: f"mgrd ended with {self.process.returncode}:\n{self.stderr()}")
                check(time.monotonic() < until, "mgrd does not answer")
                time.sleep(0.005)
        ports = [text.rsplit(":", 1)[1] for text in listen if text.startswith("127.0.0.1:")]
        self.port = int(ports[0]) if ports else None

    def stop(self, signo=signal.SIGTERM, code=0):
        """Ends it and looks at what it said."""
        process, self.process = self.process, None
        process.send_signal(signo)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"mgrd did not end within {STOP_S} s") from None
        process.stdout.close()
        self.check_log()
        equal(process.returncode, code, f"exit code of mgrd:\n{self.stderr()}")

    def check_log(self):
        text = self.stderr()
        for report in REPORTS:
            check(report not in text, lambda: text[-20000:])

    def abandon(self):
        """After a failure: nothing stays behind."""
        if self.process is not None:
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGCONT)
                self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            self.process = None
        shutil.rmtree(self.dir, True)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            if kind is None and self.process is not None:
                self.stop()
            elif kind is not None:
                print(self.stderr()[-6000:], flush=True)
        finally:
            self.abandon()

    # ---- what is asked of it
    @property
    def tcp(self):
        return ("127.0.0.1", self.port)

    def client(self, **options):
        return Client(self.path, **options)

    def tcp_client(self, **options):
        return Client(self.tcp, **options)

    def stat(self):
        """server_stat, asked by a session that leaves nothing."""
        with self.client() as client:
            return client.call("server_stat")

    def warm(self, sessions):
        """Opens sessions, and ends them as a cut connection does (one that says Bye is not remembered):
        the memory for the hashes of ended ones then suffices for as many again."""
        for _ in range(sessions):
            client = self.client(linger_ms=0)
            client.call("object_create", name="warm", type="value")
            client.call("object_delete", name="warm")
            client.close()

    def settled(self):
        """Memory of the engine once nobody but the asker is here."""
        def alone():
            stat = self.stat()
            return stat if stat["connections"] == 1 and stat["sessions"] == 0 else None
        stat = wait_until(alone, "sessions and connections go")
        return stat["memory_bytes"]

    def stderr(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def rss(self):
        """Resident bytes."""
        with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def cpu(self):
        """Seconds of processor time."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def asleep(self):
        """Whether it waits for something to happen."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] == "S"

    def fds(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


def free_port():
    """A loopback port that was free a moment ago."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]
