# SPDX-License-Identifier: BSD-2-Clause
# Checks a history: the daemon's own order of steps is a witness that a sequential model and real time
# must agree with. A wrong order is rejected like a wrong answer.
import itertools

from lib.models_base import Wrong
from lib.models_condition import ConditionModel
from lib.models_lock import LockModel, RlockModel, SemaphoreModel
from lib.models_queue import QueueModel, queue_patterns
from lib.models_simple import BarrierModel, DictModel, EventModel

MODELS = {"lock": LockModel, "rlock": RlockModel, "semaphore": SemaphoreModel, "queue": QueueModel,
          "condition": ConditionModel, "barrier": BarrierModel, "event": EventModel, "dict": DictModel}
PROBLEMS_MAX = 20


def real_time(ops):
    """What returned before another was called must not come after it in the daemon's order."""
    calls = sorted(ops, key=lambda op: op.t0)
    returns = sorted(ops, key=lambda op: op.t1)
    at, highest, last = 0, -1, None
    for op in calls:
        while at < len(returns) and returns[at].t1 < op.t0:
            if returns[at].rank > highest:
                highest, last = returns[at].rank, returns[at]
            at += 1
        if op.rank < highest:
            yield f"real time: {op} was called after this had returned: {last}"


def type_of(name):
    return name.rstrip("0123456789")


class Replay:
    """Runs the models over the known calls in the daemon's order."""

    def __init__(self, history, sizes):
        self.history, self.sizes = history, sizes
        self.models = {}
        self.grants = {}  # live tokens of all objects -> grant
        self.problems = []
        self.unknown = {}
        for op in history.unknown:
            self.unknown.setdefault(op.obj, []).append(op)
        self.by_object = {}
        for op in history.ops:
            self.by_object.setdefault(op.obj, []).append(op)
        for op in history.unheard:  # a wait that ended without a word
            if op.wait > 0:
                self.unknown.setdefault(op.obj, []).append(op)

    def model(self, name):
        model = self.models.get(name)
        if model is None:
            kind = MODELS[type_of(name)]
            model = kind(name, self.unknown.get(name, []), self.by_object.get(name, []), self.grants,
                         self.sizes.get(name, 0))
            self.models[name] = model
        return model

    def tell(self, what):
        self.problems.append(what)
        return len(self.problems) >= PROBLEMS_MAX

    def run(self):
        last, last_op = 0, None
        for op in self.history.ops:
            try:
                changed = self.model(op.obj).apply(op)
            except Wrong as wrong:
                if self.tell(f"{wrong}: {op}"):
                    return
                continue
            if not changed:
                op.rank |= 1  # no step of its own: it tells the last one that it saw
            else:
                if op.rev == last and self.tell(f"one revision for two changes: {last_op} and {op}"):
                    return
                last, last_op = op.rev, op
        for model in self.models.values():
            try:
                model.finish()
            except Wrong as wrong:
                if self.tell(f"{model.name}, at the end: {wrong}"):
                    return


def check_history(history, sizes=None):
    """What is wrong with it, as texts; empty: nothing. sizes: permits, parties or maxsize by name."""
    replay = Replay(history, sizes or {})
    replay.run()
    problems = replay.problems
    problems += itertools.islice(real_time(history.ops), PROBLEMS_MAX)
    for name, ops in replay.by_object.items():
        if type_of(name) == "queue":
            problems += [f"{name}: {text}" for text in queue_patterns(ops)]
    return problems[:PROBLEMS_MAX]
