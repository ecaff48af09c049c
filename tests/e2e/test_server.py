# SPDX-License-Identifier: BSD-2-Clause
# The daemon as a process: its configuration, signals, sockets, the service manager, and want of descriptors.
import contextlib
import os
import re
import resource
import signal
import socket
import stat
import subprocess
import sys

from lib.daemon import Daemon, environment
from lib.run import Skip, check, equal, main, measured, wait_until
from lib.wire import ERRORS, FOR_EVER, Client, ConnectionLost, connect

CONFIG, OSERR = 78, 71


def fails(daemon, *arguments, **options):
    """Starts one that must not run; gives (exit code, what it said)."""
    before = len(daemon.stderr())
    process = daemon.spawn(*arguments, **options)
    try:
        out, _ = process.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise AssertionError(f"mgrd runs, and should not: {daemon.stderr()[before:]}") from None
    daemon.check_log()
    return process.returncode, out.decode() + daemon.stderr()[before:]


@contextlib.contextmanager
def stopped(config=None, **options):
    """A directory and a configuration, without a daemon."""
    daemon = Daemon(config, start=False, **options)
    try:
        yield daemon
    finally:
        daemon.abandon()


def write(daemon, text):
    with open(daemon.file, "w", encoding="utf-8") as out:
        out.write(text)


# ---- configuration -----------------------------------------------------------------------------------
def test_arguments():
    with stopped() as daemon:
        code, text = fails(daemon, "--version")
        check(code == 0 and re.fullmatch(r"mgrd \d+\.\d+\.\d+\n", text), f"--version: {code} {text}")
        code, text = fails(daemon, "--help")
        check(code == 0 and "--check-config" in text, "--help")
        equal(fails(daemon, "--nonsense")[0], 64, "an unknown option")
        equal(fails(daemon, "word")[0], 64, "a word")
        code, text = fails(daemon, "--check-config", "-c", daemon.file)
        equal((code, text), (0, f"{daemon.file}: ok\n"), "--check-config")
        check(not os.path.exists(daemon.path), "--check-config listens")


def test_bad_configuration():
    bad = {  # text: where the message points
        "limits:\n  frame: 16MiB\n  nonsense: 1\n": "3:3",
        "limits: {window: 100}\n": "1:18",
        "limits: {frame: 1TiB}\n": "1:17",
        "listen:\n  - 127.0.0.1\n": "2:5",
        "listen: [127.0.0.1:1]\nlisten: [127.0.0.1:1]\n": "2:1",
        "listen: [0.0.0.0:7600]\n": "1:10",
        "listen: [\n": "",
        "log: {level: loud}\n": "1:14",
        "objects:\n  d: {type: nothing}\n": "2:13",
        "a: &x 1\n": "1:",
        "x: 1\n": "1:1",
        "\tlog: 1\n": "1:",
    }
    with stopped() as daemon:
        for text, place in bad.items():
            write(daemon, text)
            for arguments in (("-c", daemon.file), ("--check-config", "-c", daemon.file)):
                code, said = fails(daemon, *arguments)
                equal(code, CONFIG, f"exit code for {text!r}: {said}")
                check(said.startswith(f"mgrd: {daemon.file}:{place}"), f"{text!r}: {said!r}")
        code, said = fails(daemon, "-c", "/nonexistent/mgrd.yaml")
        check(code == CONFIG and "/nonexistent/mgrd.yaml" in said, said)


def test_all_errors_are_told():
    with stopped() as daemon:
        write(daemon, "limits: {fraem: 1MiB, memory: much}\nlisten: [nowhere]\nlog: {level: loud}\n")
        code, text = fails(daemon, "--check-config", "-c", daemon.file)
        equal(code, CONFIG, text)
        places = re.findall(r"mgrd\.yaml:(\d+:\d+): ", text)
        equal(places, ["1:10", "1:31", "2:10", "3:14"], text)


def test_ready_says_where_and_who():
    with Daemon() as daemon, daemon.client() as client:
        line = re.search(r" INFO ready .*", daemon.stderr()).group(0)
        info = client.call("server_info")
        for address in info["listen"]:
            check(address in line, f"{address} is not in '{line}'")
        check(f"pid={daemon.process.pid}" in line, line)
        check(re.search(r"version=\d+\.\d+\.\d+", line), line)
        check("dict" in info["types"] and "pipe" in info["types"], f"types: {info['types']}")


def test_check_config_declares():
    with stopped({"objects": {"a": {"type": "dict", "init": [1]}}}) as daemon:
        code, said = fails(daemon, "-c", daemon.file, "--check-config")
        equal(code, CONFIG, said)
        check("objects: a (line" in said, said)


def test_successor_keeps_its_socket():
    with Daemon() as first:
        os.unlink(first.path)
        with Daemon() as second:
            os.symlink(second.path, first.path)
            first.stop()
            check(os.path.islink(first.path), "what stands at the path now is not ours to remove")


def test_long_client_name():
    with Daemon() as daemon, daemon.client(client="x" + "é" * 200) as client:
        client.call("object_create", name="d", type="dict")
        equal(client.call("session_ls")[0]["client"], "x" + "é" * 63, "cut between characters")


def test_declared_objects():
    objects = {"settings": {"type": "dict", "init": {"retries": 3, "hosts": ["a", "b"]}},
               "jobs/done": {"type": "value", "init": 0}, "empty": {"type": "list"},
               "samples": {"type": "array", "typecode": "d", "init": [0.5, -2]}}
    with Daemon({"objects": objects}) as daemon, daemon.client() as client:
        equal(client.call("object_ls")[0], sorted(objects), "their names")
        equal(client.call("dict_copy", name="settings"), objects["settings"]["init"], "a dict")
        equal(client.call("array_copy", name="samples"), [0.5, -2.0], "an array")
        equal(client.call("value_get", name="jobs/done"), 0, "a value")
        equal(client.call("session_ls"), [], "nobody's session stays")
        client.call("value_set", name="jobs/done", value=5)
        client.call("server_reload")
        equal(client.call("value_get", name="jobs/done"), 5, "declared again: it is there already")
    with stopped({"objects": {"a": {"type": "array", "typecode": "z"}}}) as daemon:
        code, said = fails(daemon)
        check(code == CONFIG and "a" in said and "typecode" in said, f"{code} {said}")


# ---- reload --------------------------------------------------------------------------------------------
def reload_by_signal(daemon, words):
    """SIGHUP; until the log says these words once more."""
    before = daemon.stderr().count(words)
    daemon.process.send_signal(signal.SIGHUP)
    wait_until(lambda: daemon.stderr().count(words) > before, f"the log says {words!r}")


def test_reload():
    with Daemon() as daemon, daemon.client() as client:
        client.call("object_create", name="d", type="dict")
        daemon.configure({"limits": {"objects": 1, "frame": "2MiB"}})
        reload_by_signal(daemon, "configuration read again")
        equal(client.error("object_create", name="e", type="dict").name, "LIMIT", "the new limit")
        check("limits.frame: needs a restart" in daemon.stderr(), "what cannot be reloaded is said")
        equal(client.call("server_info")["limit_frame_bytes"], 16 << 20, "and stays")
        write(daemon, "limits:\n  objects: many\n")
        reload_by_signal(daemon, f"{daemon.file}:2:12")
        equal(client.error("object_create", name="e", type="dict").name, "LIMIT", "the old one stays")
        error = client.error("server_reload")
        check(error.name == "VALUE" and f"{daemon.file}:2:12" in error.text, str(error))
        daemon.configure({"objects": {"new": {"type": "set"}}})
        check("limits.objects" in client.call("server_reload"), "what has changed is told")
        equal(client.call("object_exists", name="new"), True, "declared by the reload")
        daemon.configure({"objects": {"new": {"type": "list"}, "after": {"type": "set"}}})
        check("objects: new (line" in client.call("server_reload"), "one that differs is told")
        equal(client.call("object_exists", name="after"), True, "and does not stop the others")
        os.unlink(daemon.file)
        equal(client.error("server_reload").name, "VALUE", "no file")
        equal(client.call("dict_len", name="d"), 0, "it goes on")


# ---- the end -------------------------------------------------------------------------------------------
def test_drain():
    """SIGTERM: replies that were due arrive, everybody is told, the exit code is 0."""
    with Daemon() as daemon:
        client, idle = daemon.client(), daemon.tcp_client()
        client.call("object_create", name="d", type="dict", init={0: bytes(3_000_000)})
        wait = client.send("object_changed", name="d", wait_ms=FOR_EVER)
        big = [client.send("dict_get", name="d", key=0) for _ in range(3)]
        client.send("server_ping")
        idle.call("server_ping")
        wait_until(lambda: idle.call("server_stat")["reads"] >= 3, "the daemon has read them")
        daemon.process.send_signal(signal.SIGTERM)
        pushes = []
        for each in (client, idle):
            try:
                while True:
                    each.receive()
            except ConnectionLost:
                pushes.append([ERRORS[push.code][0] for push in each.pushes])
        equal(pushes, [["SHUTTING_DOWN"]] * 2, "what they hear")
        check(all(id in client.replies for id in big) and wait not in client.replies, "replies that were due")
        equal(daemon.process.wait(20), 0, "exit code")
        check(not os.path.exists(daemon.path), "its socket is gone")
        for each in (client, idle):
            each.close()


def test_shutdown_and_interrupt():
    with Daemon() as daemon:
        with daemon.client() as client:
            client.call("server_shutdown")
            client.close()
        equal(daemon.process.wait(20), 0, "exit code after server_shutdown")
    with Daemon() as daemon:
        daemon.stop(signal.SIGINT)
        daemon.start()
        stuck = daemon.client()  # does not read: the daemon does not wait for ever
        stuck.call("object_create", name="d", type="dict", init={0: bytes(8_000_000)})
        for _ in range(3):
            stuck.send("dict_get", name="d", key=0)
        with daemon.client() as other:
            wait_until(lambda: other.call("server_stat")["reads"] >= 3, "the daemon has read them")
        daemon.process.send_signal(signal.SIGTERM)
        wait_until(lambda: "stopping" in daemon.stderr(), "it stops")
        daemon.stop()
        stuck.close()


# ---- sockets -------------------------------------------------------------------------------------------
def test_port_in_use():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with stopped({"listen": [address]}) as daemon:
            code, said = fails(daemon)
            equal(code, OSERR, "exit code")
            check(f"{address}: Address already in use" in said, said)


def test_unix_socket():
    with Daemon() as daemon:
        mode = os.stat(daemon.path).st_mode
        check(stat.S_ISSOCK(mode) and mode & 0o777 == 0o660, f"mode {mode:o}")
        with stopped({"listen": [f"unix:{daemon.path}"]}) as second:
            code, said = fails(second)
            check(code == OSERR and "another process listens there" in said, f"{code} {said}")
        daemon.client().close()
        daemon.process.kill()
        daemon.process.wait()
        check(os.path.exists(daemon.path), "a killed daemon leaves its socket")
        daemon.process.stdout.close()
        daemon.start()  # takes the place of the stale one
    with stopped() as daemon:
        with open(daemon.path, "w", encoding="utf-8"):
            pass
        code, said = fails(daemon)
        check(code == OSERR and "not a socket" in said and os.path.exists(daemon.path), f"{code} {said}")


def test_no_permission():
    if os.getuid() != 0:
        raise Skip("needs root, to become somebody else")
    setpriv = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    with stopped({"listen": ["unix:/root/mgrd-e2e.sock"]}) as daemon:
        os.chmod(daemon.dir, 0o755)
        code, said = fails(daemon, prefix=setpriv)
        check(code == OSERR and "/root/mgrd-e2e.sock: Permission denied" in said, f"{code} {said}")
    with stopped({"state": "/root/mgrd-e2e"}) as daemon:
        os.chmod(daemon.dir, 0o755)
        code, said = fails(daemon, prefix=setpriv)
        check(code == CONFIG and "/root/mgrd-e2e: Permission denied" in said, f"{code} {said}")


def test_state_directory():
    with Daemon(start=False) as daemon:
        state = os.path.join(daemon.dir, "a", "state")
        memory = {"state": state, "journal": {"mode": "memory"}}
        daemon.configure(memory)
        daemon.start()
        with daemon.client() as client:
            client.call("object_create", name="d", type="dict")
            last = client.reply(client.send("dict_set", name="d", key=1, value=1)).revision
        with stopped(memory) as second:
            code, said = fails(second)
            check(code == CONFIG and f"pid {daemon.process.pid}" in said, f"{code} {said}")
        daemon.process.kill()
        daemon.process.wait()
        daemon.process.stdout.close()
        daemon.start()  # the lock of a killed daemon holds nobody up
        with daemon.client() as client:
            client.call("object_create", name="d", type="dict")
            now = client.reply(client.send("dict_set", name="d", key=1, value=1)).revision
            check(now > last, f"revisions go back: {last}, {now}")


# ---- the service manager ---------------------------------------------------------------------------------
def test_notify():
    with stopped() as daemon, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        path = os.path.join(daemon.dir, "notify")
        manager.bind(path)
        manager.settimeout(20)
        daemon.options = {"env": environment(NOTIFY_SOCKET=path, WATCHDOG_USEC="2000000")}
        daemon.process = daemon.spawn(**daemon.options)

        def told(what):
            seen = []
            while what not in seen:
                seen += manager.recv(4096).decode().split("\n")
            return seen
        told("READY=1")
        daemon.wait_ready()
        told("WATCHDOG=1")
        daemon.process.send_signal(signal.SIGHUP)
        check(any(line.startswith("MONOTONIC_USEC=") for line in told("RELOADING=1")), "RELOADING without a time")
        told("READY=1")
        daemon.process.send_signal(signal.SIGTERM)
        told("STOPPING=1")
        equal(daemon.process.wait(20), 0, "exit code")
        daemon.check_log()


def test_a_manager_that_is_slow_is_told():
    """Its socket was full when the daemon was ready: it is told when it reads again, with no client there."""
    with stopped() as daemon, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        path, count = os.path.join(daemon.dir, "notify"), 0
        manager.bind(path)
        manager.settimeout(20)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as others, contextlib.suppress(BlockingIOError):
            others.setblocking(False)
            while True:
                others.sendto(b"X=1", path)
                count += 1
        daemon.options = {"env": environment(NOTIFY_SOCKET=path)}
        daemon.process = daemon.spawn(**daemon.options)
        daemon.wait_ready()
        check(all(manager.recv(4096) == b"X=1" for _ in range(count)), "told before there was room")
        check(b"READY=1" in manager.recv(4096), "not READY")


HAND_OVER = """import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[2], sys.argv[2:])"""


def test_socket_activation():
    with socket.create_server(("127.0.0.1", 0)) as sock:
        address = sock.getsockname()
        waiting = connect(address)  # before the daemon is there
        fd = sock.fileno()
        with stopped({"listen": ["127.0.0.1:1"]}) as daemon:
            daemon.process = daemon.spawn(prefix=[sys.executable, "-c", HAND_OVER, str(fd)], pass_fds=(fd,))
            with Client(address) as client:
                listen = client.call("server_info")["listen"]
                equal(listen, [f"127.0.0.1:{address[1]}"], "the socket it was given, and no other")
            waiting.close()
            daemon.stop()


def test_inherited_beyond_loopback():
    """A socket that the service manager hands over follows the rule of those in the configuration."""
    with socket.create_server(("0.0.0.0", 0)) as sock, stopped({}) as daemon:
        fd = sock.fileno()
        code, said = fails(daemon, prefix=[sys.executable, "-c", HAND_OVER, str(fd)], pass_fds=(fd,))
        check(code == CONFIG and "can be reached from other machines" in said, f"{code} {said}")


def test_default_addresses():
    """What nobody asked for need not work, as long as something does."""
    alone = ["unshare", "-n", "sh", "-c", "ip link set lo up; exec \"$@\"", "-"]
    if subprocess.run([*alone, "true"], check=False, capture_output=True).returncode != 0:
        raise Skip("no network namespace can be made here")
    for wrong in ("/nonexistent", "/" + 200 * "x"):
        with stopped({}) as daemon:
            with open(daemon.file, "w", encoding="utf-8") as out:
                out.write("log: {rate: 0}\n")
            daemon.process = daemon.spawn(prefix=alone, env=environment(XDG_RUNTIME_DIR=wrong))
            wait_until(lambda: "INFO ready" in daemon.stderr(), "it serves 127.0.0.1")
            check("a default address is not served" in daemon.stderr(), daemon.stderr())
            daemon.stop()


# ---- descriptors -------------------------------------------------------------------------------------------
def test_no_descriptors():
    """No descriptors: who is in is served, the loop does not spin, and it recovers."""
    with Daemon() as daemon:
        without_descriptors(daemon)
        client = daemon.client()
        client.call("object_create", name="d", type="dict")
        crowd = []
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        check(soft > 300, "the test itself needs descriptors")
        for _ in range(150):
            crowd.append(connect(daemon.path))
        wait_until(lambda: "no file descriptors" in daemon.stderr(), "it says so")
        cpu = daemon.cpu()
        turns = 0

        def a_second():
            nonlocal turns
            turns += 1
            client.call("dict_incr", name="d", key="n")
            return age(client) > 2000
        wait_until(a_second, "two seconds of engine time")
        used = daemon.cpu() - cpu
        check(client.call("dict_get", name="d", key="n") == turns, "who is in is served")
        for sock in crowd:
            sock.close()
        with daemon.client() as new:
            equal(new.call("dict_len", name="d"), 1, "it recovers")
        client.bye()
    spins_cpu = idle_without_descriptors()
    measured(f"without descriptors: {turns} requests of one client in 2 s ({used:.2f} s of CPU); "
             f"idle {spins_cpu:.2f} s of CPU in 1 s")


def without_descriptors(daemon):
    """Few, and less than the daemon believes to have."""
    resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE, (64, 64))


def test_few_descriptors():
    """The soft limit is raised; connections are cut to what the hard one has room for."""
    with Daemon(prefix=["prlimit", "--nofile=64:128"], variant="release") as daemon:
        check("there are file descriptors for 64 (ulimit -n)" in daemon.stderr(), daemon.stderr())
        with daemon.client() as client:
            equal(client.call("server_info")["limit_connections"], 64, "connections")
        with open(f"/proc/{daemon.process.pid}/limits", encoding="ascii") as limits:
            line = next(line for line in limits if line.startswith("Max open files"))
        equal(line.split()[3:5], ["128", "128"], "soft and hard limit")


def age(client):
    return client.call("session_ls")[0]["age_ms"]


def idle_without_descriptors():
    """Processor time of one second in which a full daemon has nothing to do."""
    with Daemon(variant="release") as daemon:
        without_descriptors(daemon)
        client = daemon.client()
        client.call("object_create", name="d", type="dict")
        crowd = [connect(daemon.path) for _ in range(150)]
        for sock in crowd:
            sock.setblocking(True)
        wait_until(lambda: "no file descriptors" in daemon.stderr(), "it says so")
        began, cpu = age(client), daemon.cpu()
        error = client.error("object_changed", name="d", wait_ms=1000)
        equal(error.name, "TIMEOUT", "one second")
        used = daemon.cpu() - cpu
        check(age(client) - began >= 1000, "a second has passed")
        check(used < 0.3, f"{used} s of CPU in one idle second")
        for sock in crowd:
            sock.close()
        client.bye()
        return used


if __name__ == "__main__":
    main(globals())
