# SPDX-License-Identifier: BSD-2-Clause
# What all sequential models have in common: calls without outcome, refusals, who must be waiting.
import bisect


SAME_TICK = 16  # a step for each wait that is over: so close to each other they may be one tick's


class Wrong(Exception):
    """The history cannot have happened."""


class Model:
    """One object. apply() takes the known calls in the daemon's order and tells which made a change."""

    WAITERS = ()  # operations that wait their turn

    def __init__(self, name, unknown, ops, grants, size):
        self.name, self.unknown, self.grants, self.size = name, list(unknown), grants, size
        self.queued = 0  # that many at least are waiting, and have a connection
        waits = [op for op in ops if op.wait > 0 and op.name in self.WAITERS]
        lost = [op for op in unknown if op.wait > 0 and op.name in self.WAITERS]
        self.absent_waits = lost + [op for op in waits if op.run.cut]
        self.wait_times = sorted(op.t0 for op in waits + lost)
        self.waits_done = self.done_before = 0  # done_before: of them, before the last tick that ended some
        self.late = -SAME_TICK  # the last step of that tick

    def apply(self, op):
        changed = getattr(self, "do_" + op.name)(op)
        if op.wait > 0 and op.name in self.WAITERS:
            if not self.same_tick(op):
                self.done_before = self.waits_done
            self.late = op.rev if op.status == "TIMEOUT" else -SAME_TICK
            self.waits_done += 1
            self.queued -= self.queued > 0
        return changed

    def finish(self):
        pass

    def no_more_than(self, op, *statuses):
        """Refusals that need no reason."""
        if op.status not in statuses:
            raise Wrong(f"unexpected {op.status}")
        return False

    # ---- calls whose outcome nobody knows
    def maybe(self, op, names, **fields):
        """An unknown call of one of these names that may have been done before op; None: there is none."""
        for candidate in self.unknown:
            if candidate.status is None and candidate.name in names and candidate.t0 <= op.t1 and \
                    all(getattr(candidate, k) == v for k, v in fields.items()):
                return candidate
        return None

    def maybes(self, op, names):
        return sum(1 for x in self.unknown if x.status is None and x.name in names and x.t0 <= op.t1)

    def use(self, op, names, **fields):
        """Takes it for done. False: there is none."""
        candidate = self.maybe(op, names, **fields)
        if candidate is not None:
            self.unknown.remove(candidate)
        return candidate is not None

    # ---- who waits
    def may_wait(self, wait, op):
        """Whether that wait may still go on when op is answered."""
        return wait.status is None or wait.rev > op.rev

    def do_info(self, op):
        if op.status == "OK":
            self.queued = max(0, op.value - sum(1 for x in self.absent_waits if x.t0 <= op.t1 and self.may_wait(x, op)))
        return False

    def same_tick(self, op):
        """Whether the same tick ended op and the wait before it, as far as one can see."""
        return op.status == "TIMEOUT" and op.rev - self.late < SAME_TICK

    def waiters_possible(self, op):
        """That many at most are waiting when op is answered; those whose time is over in the same tick
        have been in its way."""
        done = self.done_before if self.same_tick(op) else self.waits_done
        return bisect.bisect_right(self.wait_times, op.t1) - done
