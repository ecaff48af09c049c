# SPDX-License-Identifier: BSD-2-Clause
# long
# What is wrong with a request to a type that programs wait with: the error's name, the exit code, and
# that nothing was done. A table; each row has objects of its own.
import os
import shlex
import subprocess

from lib.daemon import Daemon, environment
from lib.run import check, equal, main, measured
from lib.wire import ROOT

MGRCTL = os.path.join(ROOT, "build", "asan", "mgrctl")
HELPER = os.path.join(ROOT, "build", "mgrctl")  # for what is not tested here: faster
SECONDS = 60

# (type and INIT of object x or None, commands before it, the command, its exit code, what it says).
# A command that begins with "shell:" is lines of `mgrctl shell`, one session, split at ";".
ROWS = [
    # lock
    ("lock", [], "lock release x", 80, "RuntimeError: release unlocked lock"),
    ("lock", ["lock acquire x --lease 60s"], "lock release x", 80, "RuntimeError: somebody else"),
    ("lock", ["lock acquire x --lease 60s"], "lock acquire x --try --lease 1s", 1, "BlockingIOError"),
    ("lock", ["lock acquire x --lease 60s"], "lock acquire x -t 0.05 --lease 1s", 75, "TimeoutError"),
    ("lock", [], "lock acquire x --timeout -1 --lease 1s", 65, "ValueError"),
    ("lock", [], "lock acquire x", 64, "mgrctl lock run x -- CMD"),
    ("lock", [], "lock release x --token 5", 76, "gone already"),
    ("lock", [], "lock release x --token 9000000000000000000", 80, "RuntimeError"),
    ("lock", [], "lock renew x --token 5", 76, "RuntimeError: the grant is gone"),
    ("lock", [], "lock held x", 1, ""),
    ("lock", [], "shell: lock acquire x; lock acquire x --timeout 0.05", 75, "TimeoutError"),
    ("lock", [], "dict get x k", 80, "TypeError: dict.get needs a dict, and this is a lock"),
    ("lock", [], "create lock x", 80, "FileExistsError"),
    ("lock", ["lock acquire x --lease 60s"], "rm x", 80, "RuntimeError"),
    (None, [], "lock release x", 66, "mgrctl create lock x"),
    (None, [], "create lock x 1", 65, "ValueError"),
    (None, [], "create lock x --maxsize 1", 65, "ValueError"),
    # rlock
    ("rlock", [], "rlock release x", 80, "RuntimeError: cannot release un-acquired lock"),
    ("rlock", ["rlock acquire x --lease 60s"], "rlock release x", 80, "RuntimeError"),
    ("rlock", ["rlock acquire x --lease 60s"], "rlock acquire x --try --lease 1s", 1, "BlockingIOError"),
    ("rlock", [], "shell: rlock acquire x; rlock acquire x; rlock release x; rlock release x; rlock release x",
     80, "RuntimeError: cannot release un-acquired lock"),
    # semaphore
    ("semaphore x 2 --bounded", [], "semaphore release x --any", 80,
     "ValueError: Semaphore released too many times"),
    ("semaphore x 2", ["semaphore acquire x 2 --lease 60s"], "semaphore acquire x --try --lease 1s", 1,
     "BlockingIOError"),
    ("semaphore x 2", ["semaphore acquire x 2 --lease 60s"], "semaphore acquire x -t 0.05 --lease 1s", 75,
     "TimeoutError"),
    ("semaphore x 2", ["semaphore acquire x --lease 60s"], "semaphore release x", 80, "RuntimeError"),
    ("semaphore x 2", [], "semaphore acquire x 0 --lease 1s", 65, "ValueError"),
    ("semaphore x 2 --bounded", [], "semaphore acquire x 3 --lease 1s", 65, "ValueError"),
    ("semaphore x 2", [], "semaphore acquire x", 64, "mgrctl semaphore run x -- CMD"),
    ("semaphore x 2", [], "shell: semaphore acquire x; semaphore release x 2", 80, "Error"),
    (None, [], "create semaphore x -1", 65, "ValueError"),
    (None, [], "create semaphore x many", 65, "TypeError"),
    # condition
    ("condition", [], "shell: condition wait x --try", 1, ""),
    ("condition", [], "condition wait x --timeout 0.05", 75, ""),
    ("condition", ["condition acquire x --lease 60s"], "condition notify x -t 0.05", 75, "TimeoutError"),
    ("condition", ["condition acquire x --lease 60s"], "condition wait x --try", 1, "BlockingIOError"),
    ("condition", [], "condition release x", 80, "RuntimeError: cannot release un-acquired lock"),
    ("condition", [], "condition acquire x", 64, "--lease"),
    (None, [], "create condition x --lock nowhere", 66, "LookupError"),
    (None, ["create event e --if-absent"], "create condition x --lock e", 80, "TypeError"),
    # barrier
    (None, [], "create barrier x", 65, "ValueError"),
    (None, [], "create barrier x 0", 65, "ValueError: parties must be > 0"),
    (None, [], "create barrier x two", 65, "TypeError"),
    (None, [], "barrier wait x --create", 66, "mgrctl create barrier x 3"),
    ("barrier x 2", [], "barrier wait x --try", 80, "threading.BrokenBarrierError"),
    ("barrier x 2", [], "barrier wait x -t 0.05", 80, "threading.BrokenBarrierError"),
    ("barrier x 2 --patience 50ms", [], "barrier wait x", 80, "threading.BrokenBarrierError"),
    ("barrier x 2", ["barrier abort x"], "barrier wait x", 80, "threading.BrokenBarrierError"),
    ("barrier x 2", [], "barrier broken x", 1, ""),
    # event
    (None, [], "create event x 7", 65, "TypeError"),
    ("event", [], "event wait x --try", 1, ""),
    ("event", [], "event wait x -t 0.05", 75, ""),
    ("event", [], "event is-set x", 1, ""),
    ("event", [], "event wait x -t -1", 65, "ValueError"),
    # queue
    (None, [], "create queue x 7", 65, "TypeError"),
    (None, [], "create queue x --kind stack", 65, "ValueError: the kind of a queue"),
    (None, [], "create queue x [1,2,3] --maxsize 2", 65, "Error"),
    ("queue x [1] --maxsize 1", [], "queue put x 2 --try", 1, "queue.Full"),
    ("queue x [1] --maxsize 1", [], "queue put x 2 -t 0.05", 75, "TimeoutError"),
    ("queue", [], "queue get x --try", 1, "queue.Empty"),
    ("queue", [], "queue get x -t 0.05", 75, "TimeoutError"),
    ("queue", [], "queue get x -t -0.5", 65, "ValueError"),
    ("queue", [], "queue get x --reserve", 64, "mgrctl queue each x -- CMD"),
    ("queue", [], "queue task-done x", 80, "ValueError: task_done() called too many times"),
    ("queue x [1]", [], "queue join x --try", 1, "BlockingIOError"),
    ("queue x [1]", [], "queue join x -t 0.05", 75, "TimeoutError"),
    ("queue", ["queue shutdown x"], "queue put x 1", 80, "queue.ShutDown"),
    ("queue", ["queue shutdown x"], "queue get x", 80, "queue.ShutDown"),
    ("queue x [1]", ["queue shutdown x --immediate"], "queue get x", 80, "queue.ShutDown"),
    ("queue", [], "queue ack x --token 5", 76, "gone already"),
    ("queue", [], "queue nack x --token 5", 76, "gone already"),
    ("queue", [], "queue renew x --token 5", 76, "RuntimeError"),
    ("queue", [], "queue ack x --token 9000000000000000000", 80, "RuntimeError"),
    ("queue x [1]", [], "queue move x nowhere", 66, "mgrctl create queue nowhere"),
    ("queue", ["create queue other --if-absent"], "queue move x other", 1, "queue.Empty"),
    ("queue x [1] --kind priority", [], "queue put x text", 65, "TypeError: '<' not supported"),
    ("queue", [], "lock acquire x --lease 1s", 80, "TypeError: lock.acquire needs a lock"),
    # pipe
    ("pipe", [], "pipe recv x --try", 1, "BlockingIOError"),
    ("pipe", [], "pipe recv x -t 0.05", 75, "TimeoutError"),
    ("pipe", [], "pipe poll x --try", 1, ""),
    ("pipe", [], "pipe poll x -t 0.05", 75, ""),
    ("pipe x --maxsize 1", ["pipe send x 1"], "pipe send x 2 --try", 1, "BlockingIOError"),
    ("pipe", ["pipe close x 2"], "pipe recv x", 80, "EOFError"),
    ("pipe", ["pipe close x 1"], "pipe send x 1", 80, "BrokenPipeError"),
    ("pipe", ["pipe close x 2"], "pipe send x 1", 80, "OSError: handle is closed"),
    ("pipe x --one-way", [], "pipe send x 1 --end 1", 80, "OSError: connection is read-only"),
    ("pipe x --one-way", [], "pipe recv x --end 2 --try", 80, "OSError: connection is write-only"),
    ("pipe", [], "pipe attach x", 64, "--lease"),
]


class Tool:
    """Runs mgrctl; the object x of a row has a name of its own."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.env = environment(MGRCTL_SERVER=f"unix:{daemon.path}")

    def run(self, line, name, program=MGRCTL):
        stdin = ""
        if line.startswith("shell:"):
            stdin = "\n".join(part.strip() for part in line[6:].split(";")) + "\n"
            line = "shell"
        words = [name if word == "x" else word for word in shlex.split(line)]
        stdin = " ".join(name if word == "x" else word for word in stdin.split(" ")).replace(
            " x\n", f" {name}\n")
        return subprocess.run([program, *words], input=stdin, env=self.env, timeout=SECONDS,
                              capture_output=True, text=True, check=False)


def test_rows():
    with Daemon() as daemon:
        tool = Tool(daemon)
        wrong = []
        for number, (made, before, line, code, says) in enumerate(ROWS):
            name = f"row{number}"
            if made is not None:
                made = made if " " in made else f"{made} x"
                before = [f"create {made}", *before]
            for command in before:
                done = tool.run(command, name, HELPER)
                equal(done.returncode, 0, f"{command}: {done.stderr}")
            before_state = tool.run("show x", name, HELPER).stdout
            got = tool.run(line, name)
            said = got.stderr.replace(name, "x")
            # a shell goes on after a false answer
            code = 0 if line.startswith("shell:") and code == 1 else code
            if got.returncode != code or says not in said or (says == "" and said != ""):
                wrong.append(f"{line}: {got.returncode}, wanted {code} {says!r}: {said}")
            if code in (64, 65) and tool.run("show x", name, HELPER).stdout != before_state:
                wrong.append(f"{line}: it was refused, and changed something")
        check(not wrong, lambda: "\n".join(wrong))
        measured(f"{len(ROWS)} rows")


# -q says nothing about a false answer or a timeout, and never hides that something was lost
def test_quiet():
    with Daemon() as daemon:
        tool = Tool(daemon)
        for line in ("create lock l", "create event e", "create queue q"):
            equal(tool.run(line, "").returncode, 0, line)
        for line, code in (("event wait e --try", 1), ("event wait e -t 0.05", 75),
                           ("queue get q --try", 1), ("queue get q -t 0.05", 75)):
            got = tool.run(f"-q {line}", "")
            equal((got.returncode, got.stdout, got.stderr), (code, "", ""), line)
        for line in ("lock release l --token 5", "queue ack q --token 5", "lock renew l --token 5"):
            got = tool.run(f"-q {line}", "")
            equal(got.returncode, 76, line)
            check("gone" in got.stderr, lambda: f"-q {line} says nothing of the loss: {got.stderr}")


if __name__ == "__main__":
    main(globals())
