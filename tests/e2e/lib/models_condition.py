# SPDX-License-Identifier: BSD-2-Clause
# A condition: its lock, and who waits in the order of coming.
#
# When a wait gives the lock back is not told; it is after the last thing its owner did and before the
# next grant. So whoever holds the lock knows exactly who waits: all who waited with an older token.
from lib.models_base import Wrong
from lib.models_lock import LockModel


CLOCK = 2_000_000  # the daemon counts whole ms


class Waiter:
    __slots__ = ("op", "told")

    def __init__(self, op):
        self.op, self.told = op, False


class ConditionModel(LockModel):
    reentrant = True
    WAITERS = ("acquire", "wait")
    HIDDEN = ("acquire", "wait")

    def __init__(self, *args):
        super().__init__(*args)
        self.waiting = {}  # op of the wait -> Waiter, in the order of coming
        self.loose = 0  # notifies that another one may have got, as who was first may have been away
        self.unsure = False  # from the first of those on, who was woken by which notify is a guess

    def wait_by_owner(self, op):
        """The wait that the owner may have called before op returned."""
        call = self.owner.op.next
        while call is not None and call.t0 <= op.t1 and call.name != "acquire":
            if call.name == "wait" and call.obj == self.name:
                return call if call.status in ("OK", None) else None
            call = call.next
        return None

    def owner_waits(self, op):
        """The owner gave the lock back by waiting, if it did. False: it did not."""
        wait = self.wait_by_owner(op)
        if wait is None or wait.status is None:
            return False
        self.waiting[wait] = Waiter(wait)
        self.free({0} | self.abandoned)
        return True

    def owner_gone(self, op):
        if self.owner_waits(op):
            return
        wait = self.wait_by_owner(op)
        if wait is not None and wait.status is None:  # it waits, for ever; or died before it could
            self.free({0, self.owner.token} | self.abandoned)
            return
        super().owner_gone(op)

    # ---- wait
    def do_wait(self, op):
        if op.status == "RUNTIME":
            if self.owner is not None and self.owner.run is op.run:
                self.died(self.owner, op)
            return False
        if op.status != "OK":
            raise Wrong(f"unexpected {op.status}")
        if op not in self.waiting and self.owner is not None and self.owner.run is op.run:
            self.owner_waits(op)
        waiter = self.waiting.pop(op, None)
        if waiter is None:
            raise Wrong("it did not own the lock")
        if op.value == 1 and not waiter.told:
            if self.loose > 0:
                self.loose -= 1
            elif not op.run.cut:
                self.unknown_notify(op)
        elif waiter.told and op.run.cut:
            self.loose -= self.loose > 0  # nobody else got its notify
        self.check_token(op)
        if self.owner is not None:
            self.owner_gone(op)
        self.check_previous(op)
        self.grant(op, op.depth)
        return True

    # ---- notify
    def do_notify(self, op):
        return self.notify(op, 1 if op.number < 0 else op.number)

    def do_notify_all(self, op):
        return self.notify(op, len(self.waiting))

    def unknown_notify(self, op):
        """Somebody whose call has no outcome must have woken it, and others with it."""
        notify = self.maybe(op, ("notify", "notify_all"))
        if notify is None:
            raise Wrong("woken without a notify")
        self.unknown.remove(notify)
        count = notify.number - 1 if notify.name == "notify" else len(self.waiting)
        for waiter in self.waiting.values():
            if count > 0 and waiter.op.value == 1 and not waiter.told:
                waiter.told = True
                count -= 1

    def notify(self, op, count):
        if op.status != "OK":
            self.no_more_than(op, "RUNTIME")
            if self.owner is not None and self.owner.run is op.run:
                self.died(self.owner, op)
            return False
        if self.owner is None or self.owner.run is not op.run:
            raise Wrong("a notify without the lock")
        changed = False
        for waiter in self.waiting.values():
            if count == 0:
                break
            if waiter.told:
                continue
            if waiter.op.value == 1:
                waiter.told = True
                self.loose += waiter.op.run.cut
                self.unsure = self.unsure or waiter.op.run.cut
                count -= 1
                changed = True
            elif waiter.op.run.cut:
                continue
            elif op.t1 + CLOCK < waiter.op.t0 + waiter.op.wait * 1_000_000 and not self.unknown_waits(op):
                raise Wrong(f"it should have woken {waiter.op}")
        # one who died with a notify, passed over until its session ended, has passed it on to a later sleeper
        left = max(count, op.name == "notify_all")
        self.loose += min(left, self.maybes(op, ("wait",)))
        return changed and not self.unsure

    def unknown_waits(self, op):
        return self.maybe(op, ("wait",)) is not None
