# SPDX-License-Identifier: BSD-2-Clause
# What a program of ours finds when it begins: closed standard files, limits, signals that come early.
import os
import re
import signal
import subprocess

from lib.daemon import Daemon, environment
from lib.run import check, equal, main, wait_until
from lib.wire import ROOT

MGRCTL = os.path.join(ROOT, "build", "mgrctl")
BENCH = os.path.join(ROOT, "build", "mgr-bench")
SMALL = {"limits": {"frame": "1MiB"}}


def shell(script):
    """A prefix that runs the command in what the script makes of the shell."""
    return ("sh", "-c", f'{script} "$@"', "sh")


def configured(**more):
    daemon = Daemon(start=False)
    daemon.state = os.path.join(daemon.dir, "state")
    daemon.configure({"state": daemon.state, "journal": {"segment": "1MiB"}, **SMALL, **more})
    return daemon


def run(*command, code=0):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment(), check=False)
    equal(done.returncode, code, f"{command}: {done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def test_closed_standard_files():
    """Descriptor 2 became the lock file, and what was logged was written over the pid."""
    daemon = configured()
    daemon.options = {"prefix": shell("exec 0<&- 2>&-; exec")}
    daemon.start()
    with daemon:
        pid = daemon.process.pid
        for fd in (0, 2):
            equal(os.readlink(f"/proc/{pid}/fd/{fd}"), "/dev/null", f"descriptor {fd}")
        daemon.process.send_signal(signal.SIGHUP)  # which is logged
        daemon.stat()
        with open(os.path.join(daemon.state, "lock"), encoding="ascii") as file:
            equal(file.read(), f"{pid}\n", "the pid in the lock file")
    for program in (MGRCTL, BENCH, Daemon(start=False).binary):
        run(*shell("exec 0<&- 1>&- 2>&-; exec"), program, "--verify", "/nonexistent",
            code=78 if program.endswith("mgrd") else 64)


def test_the_largest_file():
    """SIGXFSZ ended the daemon and its tools without a word."""
    daemon = configured()
    small = shell("ulimit -f 64; exec")
    process = daemon.spawn(prefix=small)
    equal(process.wait(timeout=30), 74, "the exit code of mgrd")
    process.stdout.close()
    check("File too large" in daemon.stderr(), daemon.stderr())
    daemon.start()
    with daemon:
        def ctl(*words):
            return (MGRCTL, "-s", f"unix:{daemon.path}", *words)
        run(*ctl("create", "value", "v", "x" * 9000))
        out = os.path.join(daemon.dir, "out")
        text = run(*shell(f"ulimit -f 1; exec >{out};"), *ctl("show", "v"), code=74)
        check("File too large" in text or "standard output" in text, text)
        text = run(*shell("ulimit -f 1; exec"), *ctl("server", "backup", os.path.join(daemon.dir, "b")), code=74)
        check("File too large" in text, text)
        # a program that mgrctl runs finds the signal as it was
        text = run(*shell("ulimit -f 1; exec"),
                   *ctl("lock", "run", "l", "--", "sh", "-c", f"head -c 9000 /dev/zero >{out}; echo code $?"))
        check("code 153" in text, text)


def test_a_signal_while_the_journal_is_read():
    """The pid is published before the journal is read: SIGHUP ended the daemon then."""
    daemon = configured()
    daemon.start()
    with daemon:
        with daemon.client() as client:
            client.call("object_create", name="l", type="list")
            client.call("list_extend", name="l", items=list(range(50_000)))
            for _ in range(300):
                client.call("list_reverse", name="l")
        for number, code in ((signal.SIGHUP, None), (signal.SIGTERM, 0)):
            daemon.process.kill()
            daemon.process.wait()
            daemon.process.stdout.close()
            lock = os.path.join(daemon.state, "lock")
            daemon.process = daemon.spawn()

            def published():
                with open(lock, encoding="ascii") as file:
                    return file.read() == f"{daemon.process.pid}\n"
            wait_until(published, "the pid")
            daemon.process.send_signal(number)
            if code is None:
                daemon.wait_ready()
                wait_until(lambda: "configuration read again" in daemon.stderr(), "the signal is followed")
            else:
                equal(daemon.process.wait(timeout=30), code, "the exit code")
                daemon.process.stdout.close()
                daemon.process = None


def test_backups_are_no_files_of_ours():
    """A backup in the place of STATE/ceiling was taken, and the next start refused."""
    daemon = configured()
    daemon.start()
    with daemon:
        before = sorted(os.listdir(daemon.state))
        ours = {os.path.relpath(os.path.join(at, name), daemon.state)
                for at, _, names in os.walk(daemon.state) for name in names}
        check("log/watermark" in ours, ours)
        with open(os.path.join(ROOT, "docs", "mgrctl.1"), encoding="utf-8") as page:
            told = re.search(r"cannot be called as files of the state directory.*?\)\.\n", page.read(), re.S).group(0)
        for name in ours | {"ceiling.new"}:
            kind = re.sub(r"-\d+$", "", re.sub(r".*(?=\.new$)", "", os.path.basename(name)))
            check(kind in told, f"mgrctl(1) does not name {name}: {told}")
            text = run(MGRCTL, "-s", f"unix:{daemon.path}", "server", "backup", os.path.join(daemon.state, name),
                       code=64)
            check("calls its own files" in text, text)
        equal(sorted(os.listdir(daemon.state)), before, "files in the state directory")
        backup = os.path.join(daemon.dir, "backup")
        run(MGRCTL, "-s", f"unix:{daemon.path}", "create", "dict", "d", "{a: 1}")
        run(MGRCTL, "-s", f"unix:{daemon.path}", "server", "backup", backup)
        text = run(daemon.binary, "--verify", backup)
        check("digest: " in text and "revision: " in text, text)
        with open(backup, "r+b") as file:
            file.seek(os.path.getsize(backup) // 2)
            byte = file.read(1)
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte[0] ^ 1]))
        check("damaged" in run(daemon.binary, "--verify", backup, code=65), "a byte is flipped")


def test_a_socket_that_was_removed():
    """Nobody could reach the daemon there any more, until it was started again."""
    with Daemon() as daemon:
        with daemon.client() as client:
            os.unlink(daemon.path)
            daemon.process.send_signal(signal.SIGHUP)
            wait_until(lambda: os.path.exists(daemon.path), "it is made again")
            check("the file was removed" in daemon.stderr(), daemon.stderr())
            client.call("server_ping")
        with daemon.client() as client:
            client.call("server_ping")
        with open(daemon.path + ".new", "wb"):
            os.replace(daemon.path + ".new", daemon.path)
        daemon.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "is not a socket" in daemon.stderr(), "it says what is there")
        with daemon.tcp_client() as client:
            client.call("server_ping")
        os.unlink(daemon.path)


def test_nothing_is_kept_and_that_is_said():
    with Daemon() as daemon:
        check("nothing is kept over a restart" in daemon.stderr(), daemon.stderr())


if __name__ == "__main__":
    main(globals())
