# SPDX-License-Identifier: BSD-2-Clause
# Who kills the daemon, at moments that hurt, and looks at what it left before it starts again.
import os
import random
import signal
import subprocess
import time

from lib.daemon import Daemon, environment
from lib.run import check, equal, wait_until
from lib.runs import children

CONFIG = {"limits": {"frame": "1MiB"}, "journal": {"segment": "1MiB", "compact": "1MiB"}}
PATIENCE_S = 60
COMPACTING_S = 8  # that long is waited for a compaction, then it is an ordinary kill


def verified(daemon, journal):
    """What `mgrd --verify` says of a journal: name -> text. It must be sound."""
    done = subprocess.run([daemon.binary, "--verify", journal], env=daemon.options.get("env") or environment(),
                          capture_output=True, text=True, check=False, timeout=120)
    equal(done.returncode, 0, f"exit code of mgrd --verify: {done.stdout}{done.stderr}")
    return dict(line.split(": ", 1) for line in done.stdout.splitlines())


def told(state):
    """What it says of the state alone: the last act of a process that made a snapshot may fall between
    two looks."""
    return {key: state[key] for key in ("revision", "data", "ended in order", "digest")}


class Mortal(Daemon):
    """A daemon with a journal, which can be killed and started again."""

    def __init__(self, config=None, **options):
        self.more = config or {}
        self.sync = "always"
        super().__init__(start=False, **options)
        self.journal = os.path.join(self.dir, "state", "log")
        self.write_config()
        self.start()

    def write_config(self):
        whole = {"state": os.path.join(self.dir, "state"), **CONFIG, **self.more}
        whole["journal"] = {**whole["journal"], "sync": self.sync}
        self.configure(whole)

    def launch(self):
        """Starts it; does not wait."""
        self.write_config()
        self.process = self.spawn(**self.options)

    def kill(self):
        """SIGKILL; comes back when it is gone."""
        process, self.process = self.process, None
        check(process.poll() is None, lambda: f"mgrd ended with {process.returncode}:\n{self.stderr()[-3000:]}")
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        self.check_log()

    def stop_early(self, patience_s):
        """SIGTERM, and SIGKILL if it has not ended so soon. True: it ended in order."""
        process, self.process = self.process, None
        os.kill(process.pid, signal.SIGTERM)
        try:
            process.wait(patience_s)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
        code = process.wait()
        process.stdout.close()
        self.check_log()
        check(code in (0, -signal.SIGKILL), lambda: f"mgrd ended with {code}:\n{self.stderr()[-3000:]}")
        return code == 0

    def compactor(self):
        """The process that makes a snapshot; None: none does."""
        return next(iter(children(self.process.pid)), None)

    def verify(self):
        return verified(self, self.journal)


class Nemesis:
    """Kills a daemon again and again; `crew` are its clients."""

    def __init__(self, daemon, crew, seed):
        self.daemon, self.crew = daemon, crew
        self.rng = random.Random(f"nemesis {seed}")
        self.kills = dict.fromkeys(("under load", "recovering", "compacting", "compactor", "stopping"), 0)
        self.revision = self.deaths = 0
        self.met = 0  # blows that met a compaction

    def __str__(self):
        return ", ".join(f"{count} {kind}" for kind, count in self.kills.items())

    def strike(self, kind):
        """One blow, and what it left."""
        getattr(self, kind.replace(" ", "_"))()
        self.kills[kind] += 1
        self.crew.look()

    # ---- moments
    def some_answers(self, count):
        """Waits until the clients got so many answers: the daemon serves."""
        until = self.crew.answers() + count

        def there():
            self.crew.look()
            return self.crew.answers() >= until
        wait_until(there, f"{count} answers after a restart", PATIENCE_S)

    def wait_for_compactor(self):
        until = time.monotonic() + COMPACTING_S
        while time.monotonic() < until:
            pid = self.daemon.compactor()
            if pid is not None:
                return pid
            self.crew.look()
        return None

    def under_load(self):
        self.some_answers(self.rng.randrange(1, 1500))
        time.sleep(self.rng.uniform(0, 0.05))
        self.kill_and_start()

    def recovering(self):
        """Killed under load, and again before it is ready, and again."""
        self.some_answers(self.rng.randrange(1, 300))
        self.kill_and_look()
        for _ in range(self.rng.randrange(1, 5)):
            self.daemon.launch()
            time.sleep(self.rng.uniform(0, 0.05))
            self.kill_and_look()
        self.start()

    def compacting(self):
        self.some_answers(1)
        self.met += self.wait_for_compactor() is not None
        time.sleep(self.rng.choice((0, self.rng.uniform(0, 0.05))))
        self.kill_and_start()

    def compactor(self):
        """Only the process that makes the snapshot: the daemon goes on."""
        self.some_answers(1)
        pid = self.wait_for_compactor()
        time.sleep(self.rng.uniform(0, 0.02))
        if pid is not None and self.daemon.compactor() == pid:
            os.kill(pid, signal.SIGKILL)
            self.deaths += 1
            self.met += 1
        self.some_answers(200)

    def stopping(self):
        """In order, with everybody at work, or killed in the midst of that."""
        self.some_answers(self.rng.randrange(1, 500))
        patience_s = self.rng.choice((PATIENCE_S, self.rng.uniform(0, 0.02)))
        in_order = self.daemon.stop_early(patience_s)
        self.deaths += not in_order
        self.look_at_it(in_order)
        self.start()

    # ---- what is left
    def kill_and_look(self):
        self.daemon.kill()
        self.deaths += 1
        return self.look_at_it(False)

    def look_at_it(self, in_order):
        """What was told is there. in_order: it said so; else it may have been about to."""
        heard = self.crew.newest()
        state = self.daemon.verify()
        revision = int(state["revision"])
        check(revision >= heard, lambda: f"revision {heard} was told, but the journal ends with {revision}")
        check(revision >= self.revision, lambda: f"the journal ends with {revision}, once with {self.revision}")
        check(state["ended in order"] == "yes" or not in_order, "it ended in order, but the journal does not know")
        self.revision = revision
        return state

    def start(self):
        self.daemon.sync = self.rng.choice(("always", "interval"))
        self.daemon.launch()
        self.daemon.wait_ready()

    def kill_and_start(self):
        state = self.kill_and_look()
        equal(told(self.daemon.verify()), told(state), "the same journal, read twice")
        self.start()


def starts_with_boot_only(daemon):
    """Stopped daemon: a start without clients adds one command and loses nothing."""
    before = daemon.verify()
    listen = daemon.more.get("listen")
    daemon.more["listen"] = [f"unix:{daemon.dir}/nobody.sock"]
    daemon.more["journal"] = {**CONFIG["journal"], "compact": "1TiB"}
    said = daemon.stderr().count(" ready")
    daemon.launch()
    wait_until(lambda: daemon.stderr().count(" ready") > said, "it is ready", PATIENCE_S)
    daemon.kill()
    del daemon.more["listen"], daemon.more["journal"]
    if listen is not None:
        daemon.more["listen"] = listen
    after = daemon.verify()
    equal(int(after["commands"]), int(before["commands"]) + 1, "commands after a start")
    equal((after["snapshot"], after["data"]), (before["snapshot"], before["data"]), "the journal after a start")
    check(int(after["revision"]) > int(before["revision"]), "BOOT takes a revision")


def ends_in_order(daemon):
    """SIGTERM; the journal tells of it, and is read twice alike."""
    daemon.stop()
    state = daemon.verify()
    equal(state["ended in order"], "yes", "ended in order")
    equal(daemon.verify(), state, "the same journal, read twice")
    return state
