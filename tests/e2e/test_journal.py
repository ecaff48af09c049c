# SPDX-License-Identifier: BSD-2-Clause
# long
# What survives: a kill, an order to stop, a full disk, a damaged file, the loss of everything but a backup.
import contextlib
import os
import signal
import subprocess
import time

from lib.daemon import Daemon, environment
from lib.run import Skip, check, equal, main, measured, wait_until
from lib.wire import ROOT, ConnectionLost, MgrError

MGRCTL = os.path.join(ROOT, "build", "mgrctl")
DATAERR, IOERR, CONFIG = 65, 74, 78
SMALL = {"limits": {"frame": "1MiB"}}


@contextlib.contextmanager
def kept(journal=None, start=True, **more):
    """A daemon with a journal of small files in its own directory."""
    daemon = Daemon(start=False)
    config = {"state": os.path.join(daemon.dir, "state"),
              "journal": {"segment": "1MiB", **(journal or {})}, **SMALL, **more}
    daemon.configure(config)
    daemon.config = config
    daemon.files = os.path.join(config["state"], "log")
    try:
        if start:
            daemon.start()
        with daemon:
            yield daemon
    finally:
        daemon.abandon()


def killed(daemon):
    """As a crash ends it."""
    process, daemon.process = daemon.process, None
    process.kill()
    process.wait()
    process.stdout.close()
    daemon.check_log()


def run(daemon, *arguments, code=0):
    """mgrd with other arguments; gives what it said."""
    done = subprocess.run([daemon.binary, *arguments], capture_output=True, text=True, timeout=60,
                          env=environment(), check=False)
    equal(done.returncode, code, f"{arguments}: {done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def ctl(daemon, *words, code=0):
    done = subprocess.run([MGRCTL, "-s", f"unix:{daemon.path}", *words], capture_output=True, text=True,
                          timeout=60, check=False)
    equal(done.returncode, code, f"{words}: {done.stdout}{done.stderr}")
    return done.stdout


def waiting(daemon, *words):
    """An mgrctl that waits on the daemon."""
    process = subprocess.Popen([MGRCTL, "-s", f"unix:{daemon.path}", *words], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    wait_until(lambda: daemon.stat()["waiters"] > 0, "it waits")
    return process


@contextlib.contextmanager
def filled_and_stopped():
    with kept() as daemon:
        ctl(daemon, "create", "dict", "d")
        wait_until(lambda: len(segments(daemon)) == 2, "the next segment is there")
        daemon.stop()
        yield daemon


def children(daemon):
    """The process that makes a snapshot, if there is one."""
    pid = daemon.process.pid
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        found = file.read().split()
    return int(found[0]) if found else None


def segments(daemon):
    return sorted(name for name in os.listdir(daemon.files) if name.startswith("log-"))


def verified(daemon):
    text = run(daemon, "--verify", daemon.files)
    return dict(line.split(": ", 1) for line in text.splitlines())


# ---- restarts ------------------------------------------------------------------------------------------
def restart_keeps_all(stop):
    with kept() as daemon:
        ctl(daemon, "create", "dict", "d", "{a: 1}")
        ctl(daemon, "dict", "incr", "d", "a")
        ctl(daemon, "create", "queue", "q")
        ctl(daemon, "create", "lock", "l")
        token = ctl(daemon, "lock", "acquire", "l", "--lease", "60s").strip()
        getter = waiting(daemon, "queue", "get", "q", "--timeout", "30s")
        stop(daemon)
        daemon.start()
        equal(ctl(daemon, "show", "d"), "{a: 2}\n", "the dict")
        equal(daemon.stat()["waiters"], 1, "who waits")
        ctl(daemon, "lock", "acquire", "l", "--try", "--lease", "1s", code=1)
        ctl(daemon, "queue", "put", "q", "item")
        equal(getter.communicate(timeout=30)[0], "item\n", "who waited over the restart")
        equal(getter.returncode, 0, "its exit code")
        ctl(daemon, "lock", "release", "l", "--token", token)
        later = ctl(daemon, "lock", "acquire", "l", "--lease", "1s").strip()
        check(int(later) > int(token), f"tokens go back: {token}, {later}")


def test_a_kill_loses_nothing():
    restart_keeps_all(killed)


def test_a_stop_in_order_loses_nothing():
    restart_keeps_all(lambda daemon: daemon.stop())


def test_the_end_in_order_is_noted():
    with kept() as daemon:
        ctl(daemon, "create", "list", "l", "[1, 2]")
        daemon.stop()
        first = verified(daemon)
        equal(first["ended in order"], "yes", "after SIGTERM")
        equal(verified(daemon)["digest"], first["digest"], "the digest of the same files")
        daemon.start()
        killed(daemon)
        equal(verified(daemon)["ended in order"], "no", "after a kill")
        daemon.start()


def test_a_request_is_done_once_over_a_restart():
    with kept() as daemon:
        client = daemon.client(linger_ms=20000)
        client.call("object_create", name="v", type="value", init=0)
        number, frame = client.encode("value_add", name="v", by=1)
        client.write(frame)
        equal(client.result(number), 1, "the first time")
        killed(daemon)
        daemon.start()
        client.resume()
        client.write(frame)
        equal(client.result(number), 1, "the same request again: the same answer")
        equal(client.call("value_get", name="v"), 1, "and nothing was done")
        client.close()


def test_memory_keeps_nothing():
    with kept({"mode": "memory"}) as daemon:
        ctl(daemon, "create", "dict", "d")
        equal(ctl(daemon, "server", "ping", "--pick", "durability"), "memory\n", "what it promises")
        ctl(daemon, "server", "save", code=80)
        ctl(daemon, "server", "backup", os.path.join(daemon.dir, "b"), code=80)
        check(not os.path.exists(os.path.join(daemon.dir, "b.part")), "a backup that failed leaves a file")
        killed(daemon)
        daemon.start()
        ctl(daemon, "exists", "d", code=1)


def test_the_weaker_sync_says_so():
    with kept({"sync": "interval", "interval": "50ms"}) as daemon:
        check("power failure" in ctl(daemon, "server", "ping", "--pick", "durability"), "ping")
        ctl(daemon, "create", "dict", "d", "{a: 1}")
        killed(daemon)
        daemon.start()
        equal(ctl(daemon, "show", "d"), "{a: 1}\n", "a kill alone loses nothing")


def test_one_daemon_per_journal():
    with kept() as daemon:
        second = Daemon(start=False)
        second.configure({**daemon.config, "state": os.path.join(second.dir, "state"),
                          "journal": {"path": daemon.files}})
        text = run(second, "-c", second.file, code=CONFIG) + second.stderr()
        check("another mgrd uses it" in text, text)
        second.abandon()


# ---- snapshots and backups -----------------------------------------------------------------------------
def test_snapshots_come_by_themselves():
    with kept({"compact": "1MiB"}) as daemon:
        with daemon.client() as client:
            client.call("object_create", name="d", type="dict")
            for i in range(100):
                client.call("dict_set", name="d", key=i % 7, value="x" * 40000)
        wait_until(lambda: int(ctl(daemon, "server", "info", "--pick", "snapshot")) > 0, "a snapshot")
        wait_until(lambda: len(segments(daemon)) <= 4, "the segments before it are gone")
        killed(daemon)
        equal(verified(daemon)["ended in order"], "no", "after a kill")
        daemon.start()
        equal(ctl(daemon, "dict", "len", "d"), "7\n", "the dict")


def test_backup_and_restore():
    with kept() as daemon:
        backup = os.path.join(daemon.dir, "backup")
        ctl(daemon, "create", "queue", "q")
        ctl(daemon, "queue", "put", "q", "one")
        ctl(daemon, "server", "backup", backup)
        ctl(daemon, "queue", "put", "q", "two")
        data = ctl(daemon, "server", "info", "--pick", "state_id")
        daemon.stop()
        check("not empty" in run(daemon, "-c", daemon.file, "--restore", backup, code=DATAERR), "a full journal")
        os.rename(daemon.files, daemon.files + ".old")
        with open(backup, "rb") as whole:
            content = bytearray(whole.read())
        for at in range(0, len(content), max(1, len(content) // 64)):
            broken = bytes(content[:at]) + bytes([content[at] ^ 0x20]) + bytes(content[at + 1:])
            with open(backup + ".bad", "wb") as out:
                out.write(broken)
            check("backup.bad" in run(daemon, "-c", daemon.file, "--restore", backup + ".bad", code=DATAERR),
                  f"byte {at} flipped")
        run(daemon, "-c", daemon.file, "--restore", backup)
        daemon.start()
        equal(ctl(daemon, "show", "q"), "[one]\n", "the state of the backup")
        check(ctl(daemon, "server", "info", "--pick", "state_id") != data, "restored data must be other data")


# ---- what a disk does ----------------------------------------------------------------------------------
def filled(daemon):
    with daemon.client() as client:
        client.call("object_create", name="d", type="dict")
        for i in range(50):
            client.call("dict_set", name="d", key=i, value=i)


def end_of_log(path):
    with open(path, "rb") as file:
        return len(file.read().rstrip(b"\0"))


def test_damage_is_refused():
    with kept(start=False) as daemon:
        daemon.start()
        filled(daemon)
        killed(daemon)
        path = os.path.join(daemon.files, segments(daemon)[0])
        with open(path, "r+b") as file:
            file.seek(end_of_log(path) // 2)
            byte = file.read(1)
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte[0] ^ 1]))
        before = {name: os.stat(os.path.join(daemon.files, name)).st_mtime_ns for name in segments(daemon)}
        text = run(daemon, "--verify", daemon.files, code=DATAERR)
        check(os.path.basename(path) in text and "damage at byte" in text and "after revision" in text, text)
        check("damage at byte" in run(daemon, "-c", daemon.file, code=DATAERR), "the daemon starts")
        after = {name: os.stat(os.path.join(daemon.files, name)).st_mtime_ns for name in segments(daemon)}
        equal(after, before, "files that are damaged must not be changed")


def test_a_lost_end_is_missed():
    """After an end in order the last segment is emptied: not a shorter history as if nothing had been."""
    with kept(start=False) as daemon:
        daemon.start()
        filled(daemon)
        daemon.stop()
        path = os.path.join(daemon.files, segments(daemon)[0])
        os.truncate(path, 0)
        for arguments in (("--verify", daemon.files), ("-c", daemon.file)):
            text = run(daemon, *arguments, code=DATAERR)
            check(f"{os.path.basename(path)}: empty; revisions 1 to " in text, text)
        equal(os.path.getsize(path), 0, "the file is left as it is")


def test_a_torn_write_is_cut_off():
    with kept(start=False) as daemon:
        daemon.start()
        filled(daemon)
        killed(daemon)
        path = os.path.join(daemon.files, segments(daemon)[0])
        end = end_of_log(path)
        with open(path, "r+b") as file:
            file.seek(end - 10)
            file.write(b"\0" * 10)
        daemon.start()
        check("was cut off and is dropped; first lost revision" in daemon.stderr(), daemon.stderr())
        length = int(ctl(daemon, "dict", "len", "d"))
        check(length in (49, 50), f"{length} entries")
        ctl(daemon, "dict", "set", "d", "new", "1")
        killed(daemon)
        daemon.start()
        equal(int(ctl(daemon, "dict", "len", "d")), length + 1, "what came after the cut")


@contextlib.contextmanager
def small_disk(daemon, size="8m"):
    """A file system of its own under the state directory."""
    state = daemon.config["state"]
    os.makedirs(state)
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "mgrd-test", state],
                                           capture_output=True, check=False).returncode != 0:
        raise Skip("a disk of 8 MB needs root and mount")
    try:
        yield state
    finally:
        if daemon.process is not None and daemon.process.poll() is None:
            daemon.stop()
        subprocess.run(["umount", state], check=True)


def grow_until_refused(client):
    for i in range(1000):
        try:
            client.call("dict_set", name="d", key=i, value="x" * 30000)
        except MgrError as error:
            equal(error.name, "NOSPACE", str(error))
            return i
    raise AssertionError("1000 values fit on a disk of 8 MB")


def test_a_full_disk():
    with kept({"compact": "1GiB"}, start=False) as daemon, small_disk(daemon):
        daemon.start()
        with daemon.client() as client:
            client.call("object_create", name="d", type="dict")
            count = grow_until_refused(client)
            equal(client.call("dict_len", name="d"), count, "reads go on")
            for i in range(count):
                client.call("dict_del", name="d", key=i)
        killed(daemon)
        daemon.start()
        with daemon.client() as client:
            equal(client.call("dict_len", name="d"), 0, "what was acknowledged on a full disk")
            ctl(daemon, "server", "save")
            wait_until(lambda: daemon.stat()["journal_room"] == "yes", "the daemon notices that there is room")
            client.call("dict_set", name="d", key="again", value=1)
            check(daemon.stat()["journal_room"] == "yes", "it stays so")
        measured(f"8 MB took {count} values of 30 kB, then only less")


def test_a_full_disk_holds_nobody_up():
    """Not a snapshot that is asked for again and again, and not the end of the daemon."""
    with kept({"compact": "1GiB"}, start=False) as daemon, small_disk(daemon, "7m"):
        daemon.start()
        with daemon.client() as client:
            client.call("object_create", name="d", type="dict")
            count = grow_until_refused(client)
            codes = [subprocess.run([MGRCTL, "-s", f"unix:{daemon.path}", "server", "save"], timeout=30,
                                    capture_output=True, check=False).returncode for _ in range(4)]
            check(set(codes) <= {0, 73}, f"exit codes {codes}")
            equal(client.call("dict_len", name="d"), count, "reads go on")
        process, daemon.process = daemon.process, None
        process.terminate()
        code = process.wait(20)
        process.stdout.close()
        check(code in (0, 74), f"exit code {code}: {daemon.stderr()[-2000:]}")


def fill_disk(state):
    with open(os.path.join(state, "fill"), "wb", buffering=0) as file:  # its end writes nothing
        try:
            while True:
                file.write(b"x" * 65536)
        except OSError:
            pass


def test_a_snapshot_that_does_not_fit_costs_no_segment():
    """Or all room would go to segments, and none would be left for the state when it has become small."""
    with kept({"compact": "1GiB", "segment": "2MiB"}, start=False) as daemon, small_disk(daemon, "12m"):
        daemon.start()
        with daemon.client() as client:
            client.call("object_create", name="d", type="dict")
            count = grow_until_refused(client)
            for _ in range(3):
                done = subprocess.run([MGRCTL, "-s", f"unix:{daemon.path}", "server", "save"], timeout=30,
                                      capture_output=True, check=False)
                check(done.returncode in (0, 73), f"exit code {done.returncode}: {done.stderr}")
            for i in range(count):
                client.call("dict_del", name="d", key=i)
            ctl(daemon, "server", "save")
            wait_until(lambda: daemon.stat()["journal_room"] == "yes", "room is back")
            client.call("dict_set", name="d", key="again", value=1)


def test_a_full_disk_does_not_keep_it_from_starting():
    with kept(start=False) as daemon, small_disk(daemon) as state:
        daemon.start()
        ctl(daemon, "create", "dict", "d")
        killed(daemon)
        fill_disk(state)
        daemon.start()
        equal(ctl(daemon, "dict", "len", "d"), "0\n", "what was there")
        os.unlink(os.path.join(state, "fill"))
        wait_until(lambda: daemon.stat()["journal_room"] == "yes", "room is back")
        ctl(daemon, "dict", "set", "d", "k", "1")


def test_nobody_waits_for_a_snapshot_longer_than_he_said():
    with kept({"compact": "1GiB"}, start=False) as daemon:
        daemon.options = {"env": environment(MGRD_IO_SYNC_MS="500")}
        daemon.start()
        ctl(daemon, "-t", "0.3", "server", "save", code=75)


def test_a_backup_is_no_file_of_a_journal():
    with kept() as daemon:
        for name in ("log-000000000002", "snapshot-000000000001", "ballast"):
            ctl(daemon, "server", "backup", os.path.join(daemon.files, name), code=64)
        ctl(daemon, "server", "backup", os.path.join(daemon.dir, "log-of-today"))


def test_what_cannot_be_read_is_not_called_damage():
    with filled_and_stopped() as daemon:
        name = os.path.join(daemon.files, segments(daemon)[0])
        whole = os.path.getsize(name)
        os.rename(name, name + ".kept")
        os.mkfifo(name)
        check("not a file" in run(daemon, "--verify", daemon.files, code=DATAERR), "a pipe")
        check("not a file" in run(daemon, "-c", daemon.file, code=IOERR), "a pipe, at the start")
        os.unlink(name)
        with open(name, "wb"):
            pass
        text = run(daemon, "-c", daemon.file, code=DATAERR)
        check("empty; revisions 1 to" in text, f"0 bytes instead of {whole}: {text}")


def test_a_stop_that_takes_long_takes_nobodys_lock():
    """Somebody who does not read keeps a stop waiting; meanwhile nobody can come back."""
    with kept() as daemon:
        owner, slow = daemon.client(linger_ms=200), daemon.client()
        owner.call("object_create", name="l", type="lock")
        token = owner.call("lock_acquire", name="l").token
        slow.call("object_create", name="large", type="value", init="x" * 900_000)
        for _ in range(6):
            slow.send("value_get", name="large")
        daemon.stop()
        daemon.start()
        equal(owner.resume(), 1, "the session is there")
        equal(owner.call("lock_held", name="l", token=token), True, "and its lock")
        owner.bye()
        slow.close()


def test_a_journal_that_is_not_read_is_told_of():
    with kept() as daemon:
        ctl(daemon, "create", "dict", "d")
        daemon.stop()
        daemon.configure({**daemon.config, "journal": {"mode": "memory"}})
        daemon.start()
        check("is not read" in daemon.stderr(), daemon.stderr())


def test_a_disk_without_room_is_told_of_at_the_start():
    with kept(start=False) as daemon, small_disk(daemon, "1m"):
        text = run(daemon, "-c", daemon.file, code=IOERR) + daemon.stderr()
        check("disk is full" in text, text)


def test_nobody_waits_for_a_snapshot_that_nobody_makes():
    """As after a restart between the wish and its end."""
    with kept() as daemon, daemon.client() as client:
        try:
            client.call("server_fetch", snapshot=1000)
        except MgrError as error:
            check("not being made" in str(error), str(error))
        else:
            raise AssertionError("it is promised")


def test_a_snapshot_that_is_killed_leaves_nothing():
    with kept({"compact": "1GiB"}, start=False) as daemon:
        daemon.options = {"env": environment(MGRD_IO_SYNC_MS="1000")}  # in which the process is killed
        daemon.start()
        before = os.listdir(daemon.files)
        saving = subprocess.Popen([MGRCTL, "-s", f"unix:{daemon.path}", "server", "save"], stderr=subprocess.DEVNULL)
        wait_until(lambda: [name for name in os.listdir(daemon.files) if name.endswith(".new")], "it is written")
        os.kill(children(daemon), signal.SIGKILL)
        equal(saving.wait(timeout=30), 70, "the exit code of mgrctl")
        check(not [name for name in os.listdir(daemon.files) if name.endswith(".new")], f"{before} before")
        ctl(daemon, "server", "save")


def test_a_snapshot_that_is_there_is_not_made_again():
    """Anybody may ask in a loop: what costs the disk something is bounded."""
    with kept({"compact": "1GiB"}) as daemon, daemon.client() as client:
        def save():
            number = client.call("server_save")
            wait_until(lambda: client.call("server_fetch", snapshot=number, limit=0) is not None, "it is there")
            return number
        client.call("object_create", name="d", type="dict")
        first = save()
        written = daemon.stat()["journal_bytes"]
        equal([save() for _ in range(20)], [first] * 20, "nothing has changed")
        equal(daemon.stat()["journal_bytes"], written, "bytes written")
        began = time.monotonic()
        for key in range(4):
            client.call("dict_set", name="d", key=key, value=key)
            check(save() > first, "a change is in no old snapshot")
        check(time.monotonic() - began >= 4 * 0.25, "they follow each other without a rest")


def test_a_journal_that_others_may_write_is_refused():
    """What they put there would be believed."""
    with kept() as daemon:
        daemon.stop()
        os.chmod(daemon.files, 0o777)
        check("every user may write it" in run(daemon, "-c", daemon.file, code=CONFIG) + daemon.stderr(), daemon.stderr())
        os.chmod(daemon.files, 0o700)
        if os.geteuid() == 0:
            os.chown(daemon.files, 12345, -1)
            check("belongs to the user 12345" in run(daemon, "-c", daemon.file, code=CONFIG) + daemon.stderr(), daemon.stderr())


def test_verify_wants_a_journal_that_stands_still():
    with kept() as daemon:
        text = run(daemon, "--verify", daemon.files, code=CONFIG)
        check("another mgrd uses it" in text, text)
        check("there is no journal" in run(daemon, "--verify", daemon.dir, code=DATAERR), "an empty directory")
        text = run(daemon, "--verify", os.path.dirname(daemon.files), code=DATAERR)
        check("in its folder 'log'" in text, text)


def test_a_segment_that_is_cut_short_is_refused():
    with kept(start=False) as daemon:
        daemon.start()
        filled(daemon)
        killed(daemon)
        os.truncate(os.path.join(daemon.files, segments(daemon)[0]), 4096)
        check("truncated" in run(daemon, "--verify", daemon.files, code=DATAERR), "a segment of 4096 bytes")


def test_a_backup_is_a_file():
    with kept() as daemon:
        for path in ("-", "/dev/full", daemon.dir):
            ctl(daemon, "server", "backup", path, code=64)


def test_a_disk_that_fails_ends_the_daemon():
    with kept(start=False) as daemon:
        calls = 0
        for number in range(1, 60):
            daemon.options = {"env": environment(MGRD_IO_FAIL=f"{number}:5")}
            daemon.process = daemon.spawn(**daemon.options)
            try:
                daemon.wait_ready()
                with daemon.client() as client:
                    for _ in range(10):
                        client.call("object_create", name="v", type="value", init=0, if_absent=True)
                        calls = client.call("value_add", name="v", by=1)
            except (AssertionError, ConnectionLost, OSError):
                pass
            if daemon.process.poll() is None:
                daemon.process.terminate()
            code = daemon.process.wait(30)
            check(code in (0, 74, CONFIG), f"call {number}: exit code {code}:\n{daemon.stderr()[-2000:]}")
            daemon.process.stdout.close()
            daemon.options = {}
            daemon.start()
            with daemon.client() as client:
                now = client.call("value_get", name="v") if client.call("object_exists", name="v") else 0
            check(now >= calls, f"call {number}: {calls} were acknowledged, {now} are there")
            calls = now
            daemon.stop()
        check(calls > 50, f"only {calls} calls were made")


if __name__ == "__main__":
    main(globals())
