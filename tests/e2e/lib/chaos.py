# SPDX-License-Identifier: BSD-2-Clause
# Clients that outlive their daemon, and teams of them that know what the objects must hold at the end.
import random
import threading
import time
import traceback

from lib.run import check, equal
from lib.wire import FOR_EVER, Client, ConnectionLost, result_of

RESUMED = 1
ANSWER_S = 90  # the longest that any call here may take
LINGER_MS = 20_000
BACKOFF_S = (0.002, 0.1)


class Sturdy(Client):
    """One request at a time; when the connection is lost the session is resumed, and the request sent
    again with its id. An answer always comes, or the test fails."""

    def __init__(self, address, seed):
        super().__init__(address, timeout=ANSWER_S, linger_ms=LINGER_MS)
        self.rng = random.Random(seed)
        self.revision = self.last_step = self.token_seen = 0
        self.answers = self.resumed = self.resent = 0
        self.heard = 0  # id of the last request that was answered

    def come_back(self):
        """Connects, with growing pauses, until the session is resumed."""
        until, pause = time.monotonic() + ANSWER_S, BACKOFF_S[0]
        while True:
            try:
                outcome = self.resume()
                break
            except (OSError, ConnectionLost):
                check(time.monotonic() < until, "the daemon is not there")
            time.sleep(pause * self.rng.uniform(0.5, 1.5))
            pause = min(pause * 2, BACKOFF_S[1])
        equal(outcome, RESUMED, "outcome of a hello after a restart")
        self.resumed += 1
        self.resent += len(self.waiting)

    def answer_to(self, id, data):
        try:
            self.write(data)
        except (OSError, ConnectionLost):
            self.come_back()
        while id not in self.replies:
            try:
                self.receive()
            except TimeoutError:
                raise AssertionError(f"no answer within {ANSWER_S} s") from None
            except (OSError, ConnectionLost):
                self.come_back()
        return self.replies.pop(id)

    def ask(self, op, **arguments):
        """The Response to a request."""
        acked = self.heard if self.rng.random() < 0.5 else 0
        id, data = self.encode(op, acked=acked, **arguments)
        response = self.answer_to(id, data)
        self.heard = id
        self.answers += 1
        check(response.revision >= self.revision,
              lambda: f"{op}: revision {response.revision} after {self.revision}")
        self.revision = response.revision
        return response

    def call(self, op, **arguments):
        return result_of(self.ask(op, **arguments))

    def change(self, op, **arguments):
        """A call that changes something: its revision is a later one."""
        response = self.ask(op, **arguments)
        check(response.revision > self.last_step,
              lambda: f"{op}: revision {response.revision}, but {self.last_step} was told before")
        self.last_step = response.revision
        return result_of(response)

    def reply_done(self, op, **arguments):
        """The Done of a change."""
        response = self.ask(op, **arguments)
        result_of(response)
        return response.done

    def acquire(self, op, **arguments):
        """A grant; tokens rise."""
        grant = self.change(op, wait_ms=FOR_EVER, **arguments)
        check(grant.token > self.token_seen, lambda: f"{op}: token {grant.token} after {self.token_seen}")
        self.token_seen = grant.token
        return grant

    def pause(self, most):
        time.sleep(self.rng.uniform(0, most))


class Crew:
    """The threads of all teams: begun, told to stop, waited for, and what they left looked at."""

    def __init__(self, daemon, seed, prefix, kinds):
        self.daemon, self.seed, self.prefix = daemon, seed, prefix
        self.stopping = threading.Event()
        self.failures, self.clients, self.threads = [], [], []
        with daemon.client() as client:
            self.members = self.name("members")
            client.call("object_create", name=self.members, type="dict")
            self.teams = [kind(self, client) for kind in kinds]

    def name(self, base):
        return f"{self.prefix}/{base}"

    # ---- the run
    def begin(self):
        for team in self.teams:
            for number, job in enumerate(team.jobs()):
                self.engage(team, number, job)
        for thread in self.threads:
            thread.start()

    def engage(self, team, number, job):
        client = Sturdy(self.daemon.path, f"{self.seed} {self.prefix} {type(team).__name__} {number}")
        title = f"{type(team).__name__} {number}"
        client.change("dict_set", name=self.members, key=title, value=0)  # from now on there is a session
        self.clients.append(client)
        self.threads.append(threading.Thread(target=self.work, args=(title, job, client), daemon=True))

    def work(self, title, job, client):
        try:
            job(client)
            client.bye()
        except BaseException:
            self.failures.append(f"{title}: {traceback.format_exc()}")
        finally:
            client.close()

    def working(self):
        return not self.stopping.is_set()

    def look(self):
        """Fails when a client has failed."""
        check(not self.failures, lambda: "\n".join(self.failures[:3]))

    def answers(self):
        return sum(client.answers for client in self.clients)

    def newest(self):
        """The newest revision that any client was told."""
        return max(client.revision for client in self.clients)

    # ---- the end
    def stop(self):
        self.stopping.set()
        until = time.monotonic() + ANSWER_S
        for thread in self.threads:
            while thread.is_alive():
                thread.join(0.1)
                self.look()
                check(time.monotonic() < until, lambda: f"still at work: {self.busy()}")
        self.look()

    def busy(self):
        return [thread._args[0] for thread in self.threads if thread.is_alive()]

    def finish(self):
        """What is left must be what the clients did."""
        with self.daemon.client() as client:
            for team in self.teams:
                team.finish(client)
                for name in reversed(team.objects):
                    client.call("object_delete", name=name)
            equal(client.call("dict_len", name=self.members), len(self.threads), "members")
            client.call("object_delete", name=self.members)


class Team:
    """Clients at work on the same objects."""

    def __init__(self, crew, client):
        self.crew = crew
        self.objects = []
        self.mutex = threading.Lock()
        self.prepare(client)

    def make(self, client, type, base, **arguments):
        name = self.crew.name(base)
        client.call("object_create", name=name, type=type, **arguments)
        self.objects.append(name)
        return name

    def working(self):
        return self.crew.working()
