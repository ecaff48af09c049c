# SPDX-License-Identifier: BSD-2-Clause
# Sequential models of event, barrier, and of a dict's key as a register.
from lib.models_base import Model, Wrong


class EventModel(Model):
    WAITERS = ("event_wait",)

    def __init__(self, *args):
        super().__init__(*args)
        self.on = False

    def see(self, op, on):
        """The flag was seen: if it is not as it should be, somebody did it whose call has no outcome."""
        if on != self.on and not self.use(op, ("set",) if on else ("clear",)):
            raise Wrong(f"the flag is {self.on}")
        self.on = on
        return False

    def turn(self, op, on):
        changed = self.on != on
        if op.status != "OK":
            raise Wrong(f"unexpected {op.status}")
        self.on = on
        # when somebody without an outcome did it before, this did nothing
        return changed and self.maybe(op, ("set",) if on else ("clear",)) is None

    def do_set(self, op):
        return self.turn(op, True)

    def do_clear(self, op):
        return self.turn(op, False)

    def do_is_set(self, op):
        return self.see(op, op.value == 1)

    def do_event_wait(self, op):
        if op.status != "OK":
            raise Wrong(f"unexpected {op.status}")
        return self.see(op, op.value == 1)


class BarrierModel(Model):
    """size parties. All of a generation are answered in one command, so by steps in a row."""

    WAITERS = ("wait",)

    def __init__(self, *args):
        super().__init__(*args)
        self.party = []  # the waits of the generation that is being answered
        self.broken = None  # revision at which somebody was told so
        self.reset = 0

    def close(self):
        """The generation is whole, or somebody in it has no outcome."""
        party, self.party = self.party, []
        if not party:
            return
        indices = sorted(op.value for op in party)
        if len(set(indices)) < len(indices) or indices[0] < 0 or indices[-1] >= self.size:
            raise Wrong(f"indices {indices} in one generation")
        missing, last = self.size - len(party), party[-1]
        if missing > self.maybes(last, ("wait",)):
            raise Wrong(f"indices {indices} of {self.size}: the others were told something else")
        for _ in range(missing):
            self.use(last, ("wait",))
        if max(op.t0 for op in party) > min(op.t1 for op in party):
            raise Wrong("somebody went on before the last one came")

    def do_wait(self, op):
        if op.status != "OK":
            self.no_more_than(op, "BROKEN_BARRIER")
            self.broken = op.rev
            return False
        if self.party and op.rev - self.party[0].rev >= self.size:
            self.close()
        if not self.party and self.broken is not None:
            if self.reset < self.broken - self.size and self.maybe(op, ("reset",)) is None:
                raise Wrong(f"whole, but it was broken at {self.broken} and not reset since")
            self.broken = None
        self.party.append(op)
        return True

    def do_reset(self, op):
        if op.status != "OK":
            raise Wrong(f"unexpected {op.status}")
        self.reset = op.rev
        return False

    def finish(self):
        self.close()


class DictModel(Model):
    """One key: unset, or an int."""

    def __init__(self, *args):
        super().__init__(*args)
        self.value = None
        self.spent = {}

    def possible(self, op, value):
        """Whether unknown writes explain the value: a set or cas to a base, and increments over it."""
        writes = [x for x in self.unknown if x.status is None and x.t0 <= op.t1 and x.name != "dict_get"]
        bases = [self.value or 0] + [x.number for x in writes if x.name in ("set", "cas")]
        more = sum(x.number for x in writes if x.name == "incr")
        return any(0 <= value - base <= more for base in bases)

    def see(self, op, value):
        if value != self.value and not self.possible(op, value):
            raise Wrong(f"the value is {self.value}")
        self.value = value

    def do_dict_get(self, op):
        if op.status == "KEY":
            if self.value is not None:
                raise Wrong(f"the value is {self.value}")
            return False
        if op.status != "OK":
            raise Wrong(f"unexpected {op.status}")
        self.see(op, op.value)
        return False

    def do_incr(self, op):
        if op.status != "OK":
            raise Wrong(f"unexpected {op.status}")
        before = op.value - op.number
        if before != (self.value or 0) and not self.possible(op, before):
            raise Wrong(f"the value was {self.value}")
        self.value = op.value
        return True

    def do_set(self, op):
        if op.status != "OK":
            raise Wrong(f"unexpected {op.status}")
        self.value = op.number
        return True

    def do_cas(self, op):
        """token: what it expects; number: the new value."""
        if op.status != "OK":
            raise Wrong(f"unexpected {op.status}")
        if op.value != 1:
            if self.value == op.token and not self.maybes(op, ("incr", "set", "cas")):
                raise Wrong(f"refused, but the value is {self.value}")
            return False
        self.see(op, op.token)
        self.value = op.number
        return True
