# SPDX-License-Identifier: BSD-2-Clause
# Sequential models of what is owned: lock, rlock, semaphore.
from lib.history import JUDGE, NONE
from lib.models_base import Model, Wrong

SURELY_DEAD = 3_000_000_000  # ns after its last word a session that may have ended has
PERMITS_MAX = 3  # that one acquire asks for


class Grant:
    """One acquisition."""

    __slots__ = ("model", "token", "run", "count", "op")

    def __init__(self, model, op, count):
        self.model, self.token, self.run, self.count, self.op = model, op.got, op.run, count, op

    def mortal(self, op):
        """Whether it may have gone with its session before op returned."""
        return self.op.mortal(op)


class OwnedModel(Model):
    """What lock and semaphore share: updates under `require`, and the counter they guard."""

    WAITERS = ("acquire",)

    def __init__(self, *args):
        super().__init__(*args)
        self.counter = 0
        self.last_token = 0

    def check_token(self, op):
        if op.got != op.rev:
            raise Wrong(f"token {op.got} is not the revision of its step {op.rev}")
        if op.got <= self.last_token:
            raise Wrong(f"token {op.got} after {self.last_token}")
        self.last_token = op.got

    def do_update(self, op):
        grant = self.grants.get(op.token)
        if op.status == "STALE_TOKEN":
            if grant is not None:
                grant.model.died(grant, op)
            return False
        if op.status != "OK":
            raise Wrong(f"unexpected {op.status}")
        if grant is None:
            raise Wrong("a stale token passed")
        hidden = op.value - self.counter - 1
        if hidden < 0 or hidden > self.maybes(op, ("update",)):
            raise Wrong(f"the counter was {self.counter}")
        for _ in range(hidden):
            self.use(op, ("update",))
        self.counter = op.value
        return True


class LockModel(OwnedModel):
    """One owner; reentrant in the subclass."""

    reentrant = False

    def __init__(self, *args):
        super().__init__(*args)
        self.owner = None
        self.abandoned = {0}  # what the next owner may be told
        self.refused = []  # revisions at which it was taken by nobody we know

    # ---- the owner goes
    def free(self, abandoned):
        self.grants.pop(self.owner.token, None)
        self.owner, self.abandoned = None, abandoned

    def died(self, grant, op):
        if grant is not self.owner or not grant.mortal(op):
            raise Wrong(f"the grant {grant.token} of {grant.run} is alive")
        self.free({grant.token})

    def unknown_release(self, op):
        return any(x.status is None and x.name == "release" and x.run is self.owner.run and
                   self.owner.op.t0 <= x.t0 <= op.t1 for x in self.unknown)

    def owner_gone(self, op):
        """Somebody else was granted: how did the owner go?"""
        owner, told = self.owner, set()
        if owner.mortal(op):
            told.add(owner.token)
        if self.unknown_release(op):
            told.add(0)
        if not told:
            raise Wrong(f"two owners: {owner.run} has token {owner.token}")
        self.free(told)

    # ---- acquire
    def do_acquire(self, op):
        if op.status != "OK":
            return self.refusal(op)
        if self.owner is not None and self.owner.token == op.got:
            return self.again(op)
        self.check_token(op)
        if op.depth != 1:
            raise Wrong(f"depth {op.depth}")
        if op.wait == 0 and self.queued > 0:
            raise Wrong(f"a try overtook {self.queued} who wait")
        if self.owner is not None:
            self.owner_gone(op)
        self.check_previous(op)
        self.grant(op, 1)
        return True

    def grant(self, op, depth):
        self.owner = self.grants[op.got] = Grant(self, op, depth)
        self.abandoned = {op.previous}

    def again(self, op):
        if not self.reentrant or self.owner.run is not op.run:
            raise Wrong(f"token {op.got} is {self.owner.run}'s")
        self.owner.count += 1
        if op.depth != self.owner.count:
            raise Wrong(f"depth {op.depth}, wanted {self.owner.count}")
        if op.previous not in self.abandoned:
            raise Wrong(f"previous {op.previous}, wanted one of {self.abandoned}")
        return True

    def check_previous(self, op):
        """Told is the token of the last owner who died; it may be one whose reply nobody saw."""
        hidden, refused = 0, self.refused
        self.refused = []
        if op.previous not in self.abandoned:
            known = op.previous <= max(self.abandoned)
            if known or op.previous >= op.rev or not self.use(op, self.HIDDEN):
                raise Wrong(f"previous {op.previous}, wanted one of {self.abandoned}")
            hidden = op.previous
        if not refused or 0 < hidden <= refused[0]:
            return
        # before it another one may have had it whose reply nobody saw either
        if hidden == 0 or not self.use(op, self.HIDDEN):
            raise Wrong(f"nobody had it at {refused[0]}, but somebody was refused")

    HIDDEN = ("acquire",)

    def refusal(self, op):
        self.no_more_than(op, "BUSY", "TIMEOUT")
        if op.run.client == JUDGE:
            raise Wrong("somebody has it, though all are gone")
        if self.owner is not None and self.reentrant and self.owner.run is op.run:
            self.died(self.owner, op)
        if self.owner is None and not op.missed():
            self.refused.append(op.rev)
        return False

    def finish(self):
        if self.refused and not any(x.name in self.HIDDEN for x in self.unknown):
            raise Wrong(f"nobody had it at {self.refused[0]}, but somebody was refused")

    # ---- release and the rest
    def owns(self, op):
        """Whether op's token, or its caller, is the owner."""
        owner = self.owner
        return owner is not None and (owner.token == op.token if op.token != NONE else owner.run is op.run)

    def do_release(self, op):
        if op.status != "OK":
            self.no_more_than(op, "NOT_OWNER", "RUNTIME")
            if op.token != NONE:
                raise Wrong(f"unexpected {op.status}")
            if self.owns(op):
                self.died(self.owner, op)
            return False
        if not self.owns(op):
            if not op.lost:
                raise Wrong("released what it does not own")
            return False
        if op.lost:
            self.died(self.owner, op)
            return False
        return self.released(op)

    def released(self, op):
        self.owner.count -= 1
        if self.owner.count == 0:
            self.free({0})
        else:
            self.abandoned = {0}
        return True

    def do_held(self, op):
        owns = self.owns(op)
        if op.value == 1 and not owns:
            raise Wrong("held, but it is not the owner")
        if op.value == 0 and owns:
            self.died(self.owner, op)
        return False

    def do_locked(self, op):
        if op.value == 0 and self.owner is not None:
            self.owner_gone(op)
        if op.value == 1 and self.owner is None:
            self.refused.append(op.rev)
        return False


class RlockModel(LockModel):
    reentrant = True


class SemaphoreModel(OwnedModel):
    """size permits; a grant for each acquire."""

    def __init__(self, name, unknown, ops, grants, size):
        super().__init__(name, unknown, ops, grants, size)
        self.mine = {}  # token -> Grant
        self.ghosts = []  # one that was taken for dead, instead of another, perhaps
        self.alive = {}  # token -> last revision at which it is known to be alive
        for op in ops:
            if op.status == "OK" and (op.name in ("update",) or op.name == "held" and op.value == 1 or
                                      op.name == "release" and not op.lost):
                self.alive[op.token] = op.rev

    def take_away(self, grant):
        del self.mine[grant.token]
        self.grants.pop(grant.token, None)

    def died(self, grant, op):
        if grant.token not in self.mine or not grant.mortal(op):
            raise Wrong(f"the grant {grant.token} of {grant.run} is alive")
        self.take_away(grant)

    def may_be_gone(self, grant, op):
        if self.alive.get(grant.token, 0) > op.rev:
            return False
        return grant.mortal(op) or self.maybe(op, ("release",), token=grant.token) is not None

    def lent(self):
        return sum(grant.count for grant in self.mine.values())

    def possible(self, op):
        """That many at most are lent: those who may be dead, too, until they surely are."""
        if op.run.client == JUDGE:
            return 0
        old = op.t0 - SURELY_DEAD
        lent = sum(g.count for g in self.mine.values() if g.op.run.ends[g.op.epoch] > old)
        self.ghosts = [g for g in self.ghosts if g.op.run.ends[g.op.epoch] > old]
        hidden = sum(1 for x in self.unknown if x.name == "acquire" and old < x.t0 <= op.t1)
        return lent + sum(g.count for g in self.ghosts) + PERMITS_MAX * hidden

    def make_room(self, op, permits):
        """More are lent than there are: somebody must have died."""
        for grant in list(self.mine.values()):
            if self.lent() + permits <= self.size:
                return
            if self.may_be_gone(grant, op):
                self.ghosts.append(grant)  # or another one was it
                self.take_away(grant)
        if self.lent() + permits > self.size:
            raise Wrong(f"{self.lent()} of {self.size} permits are lent")

    def do_acquire(self, op):
        permits = 1 if op.number == NONE else op.number
        if op.status != "OK":
            self.no_more_than(op, "BUSY", "TIMEOUT")
            alone = self.waiters_possible(op) - (op.wait > 0) <= 0 and not op.missed()
            if alone and self.possible(op) + permits <= self.size:
                raise Wrong(f"refused, but only {self.possible(op)} of {self.size} permits are lent")
            return False
        self.check_token(op)
        if op.depth != permits or op.previous != 0:
            raise Wrong(f"depth {op.depth}, previous {op.previous}")
        if op.wait == 0 and self.queued > 0:
            raise Wrong(f"a try overtook {self.queued} who wait")
        self.make_room(op, permits)
        self.mine[op.got] = self.grants[op.got] = Grant(self, op, permits)
        return True

    def do_release(self, op):
        grant = self.mine.get(op.token)
        if op.status != "OK":
            raise Wrong(f"unexpected {op.status}")
        if grant is None:
            if not op.lost:
                raise Wrong("released what is not lent")
            return False
        if op.lost:
            self.died(grant, op)
            return False
        permits = grant.count if op.number == NONE else op.number
        if permits > grant.count:
            raise Wrong(f"released {permits} of {grant.count}")
        grant.count -= permits
        if grant.count == 0:
            self.take_away(grant)
        return True

    def do_held(self, op):
        grant = self.mine.get(op.token)
        if op.value == 1 and grant is None:
            raise Wrong("held, but it is not lent")
        if op.value == 0 and grant is not None:
            self.died(grant, op)
        return False

    def do_locked(self, op):
        return False

    def do_value(self, op):
        certain = sum(g.count for g in self.mine.values() if not self.may_be_gone(g, op))
        if not self.size - self.possible(op) <= op.value <= self.size - certain:
            raise Wrong(f"{certain} to {self.possible(op)} of {self.size} permits are lent")
        return False
