# SPDX-License-Identifier: BSD-2-Clause
# Servers to be compared: started fresh on free loopback ports, pinned to one CPU, ended in any case;
# and mgr-bench, pinned to another one, that puts load on them.
import contextlib
import ctypes
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, "build")
PR_SET_PDEATHSIG = 1
START_SECONDS, STOP_SECONDS, RUN_SECONDS = 20, 30, 900


class Failure(Exception):
    """The run as a whole is worth nothing: a server died, or a reply was wrong."""


def cpus():
    """(of servers, of the generator), or (None, None) when there is only one."""
    allowed = sorted(os.sched_getaffinity(0))
    return (allowed[0], allowed[1]) if len(allowed) > 1 else (None, None)


def prepare_child(cpu):
    """Runs in the child: its CPU, all file descriptors there are, and an end when we end."""
    if cpu is not None:
        os.sched_setaffinity(0, {cpu})
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def pinned(cpu):
    return lambda: prepare_child(cpu)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def cpu_seconds(pid, first=11):
    """User and system time of a process; first=13: of its children that ended."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[first]) + int(fields[first + 1])) / os.sysconf("SC_CLK_TCK")


class Server:
    """One server process. A subclass says how it is started and asked."""
    name = protocol = None
    place = None  # where its directory is; None: with all that is temporary
    environment = {}
    pinned = True  # to the servers' CPU; a log is written beside that, by threads of both servers

    def __init__(self, **settings):
        self.settings = settings
        self.port = free_port()
        self.work = tempfile.mkdtemp(prefix=f"bench-{self.name}-", dir=self.place)
        self.log = os.path.join(self.work, "log")
        self.process = None

    def __enter__(self):
        try:
            self.start()
            self.wait_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                            env={**os.environ, **self.environment}, start_new_session=True,
                                            preexec_fn=pinned(cpus()[0] if self.pinned else None))

    def crash(self):
        self.process.kill()
        self.process.wait()

    def __exit__(self, *_):
        self.stop()

    def wait_ready(self):
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            self.check_alive()
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.01)
        raise Failure(f"{self.name} does not answer\n{self.log_tail()}")

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.work, ignore_errors=True)

    def log_tail(self):
        with open(self.log, errors="replace") as log:
            return "".join(f"  {self.name}: {line}" for line in log.readlines()[-20:])

    def check_alive(self):
        if self.process.poll() is not None:
            raise Failure(f"{self.name} ended with {self.process.returncode}\n{self.log_tail()}")

    def generator(self, *options):
        return [os.path.join(BUILD, "mgr-bench"), "-s", f"127.0.0.1:{self.port}", "--protocol", self.protocol,
                "--pid", str(self.process.pid), "-q", "-o", "json", *map(str, options)]

    def bench(self, *options):
        """Runs mgr-bench; what it measured."""
        words = self.generator(*options)
        done = subprocess.run(words, capture_output=True, text=True, timeout=RUN_SECONDS, check=False,
                              preexec_fn=pinned(cpus()[1]))
        self.check_alive()
        if done.returncode != 0:
            raise Failure(f"{' '.join(words)} ended with {done.returncode}\n{done.stderr}{self.log_tail()}")
        return json.loads(done.stdout)

    @contextlib.contextmanager
    def idle(self, count):
        """Holds so many connections that do nothing."""
        words = self.generator("-n", 0, "--idle", count)
        holder = subprocess.Popen(words, stdout=subprocess.PIPE, text=True,
                                  preexec_fn=pinned(cpus()[1]))
        try:
            if not holder.stdout.readline().startswith("holding"):
                raise Failure(f"{self.name} does not take {count} connections\n{self.log_tail()}")
            yield
        finally:
            holder.terminate()
            holder.communicate()

    def cpu_seconds(self):
        return cpu_seconds(self.process.pid)

    def pss_bytes(self):
        with open(f"/proc/{self.process.pid}/smaps_rollup") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("Pss:"))


class Mgrd(Server):
    name, protocol = "mgrd", "mgr"
    journal = "mode: memory"

    @staticmethod
    def program():
        return os.path.join(BUILD, "mgrd")

    def configure(self):
        """Writes the configuration; its path."""
        config = os.path.join(self.work, "mgrd.yaml")
        limits = ", ".join(f"{key}: {value}" for key, value in self.settings.items())
        with open(config, "w") as file:
            file.write(f'listen: ["127.0.0.1:{self.port}"]\nstate: {self.work}/state\njournal: {{{self.journal}}}\n')
            if limits:
                file.write(f"limits: {{{limits}}}\n")
        return config

    def command(self):
        return [self.program(), "-c", self.configure()]

    def ctl(self, *words):
        return subprocess.run([os.path.join(BUILD, "mgrctl"), "-s", f"127.0.0.1:{self.port}", *words],
                              capture_output=True, text=True, timeout=60, check=False)

    def answers(self):
        return self.ctl("-q", "server", "ping").returncode == 0

    def stat(self):
        done = self.ctl("-o", "json", "server", "stat")
        if done.returncode != 0:
            raise Failure(f"mgrctl server stat: {done.stderr}{self.log_tail()}")
        return json.loads(done.stdout)

    def own_bytes(self):
        return self.stat()["memory_bytes"]


class Redis(Server):
    name, protocol = "redis", "resp"

    @staticmethod
    def program():
        return "redis-server"

    def command(self):
        settings = {"save": "", "appendonly": "no", "daemonize": "no", **self.settings}
        words = [word for key, value in settings.items() for word in (f"--{key}", str(value))]
        return [self.program(), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.work, *words]

    def ask(self, request):
        text = b""
        with socket.create_connection(("127.0.0.1", self.port), 10) as asked:
            asked.sendall(request + b"\r\nQUIT\r\n")
            while part := asked.recv(65536):
                text += part
        return text.decode()

    def answers(self):
        with contextlib.suppress(OSError):
            return self.ask(b"PING").startswith("+PONG")
        return False

    def own_bytes(self):
        return next(int(line[12:]) for line in self.ask(b"INFO memory").splitlines()
                    if line.startswith("used_memory:"))


class Valkey(Redis):
    name = "valkey"

    @staticmethod
    def program():
        return os.environ.get("VALKEY") or shutil.which("valkey-server")


def kinds():
    """The servers to be compared: Valkey only if it is there."""
    return [Redis, Mgrd] + ([Valkey] if Valkey.program() else [])


@contextlib.contextmanager
def fresh(which, **mgrd_settings):
    """Starts one of each; the settings are limits of mgrd."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(kind(**(mgrd_settings if kind is Mgrd else {}))) for kind in which]
