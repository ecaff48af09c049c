# SPDX-License-Identifier: BSD-2-Clause
# Random operations on the daemon and on CPython's containers: same results, same errors.
import os
import random
import time

from lib.daemon import Daemon
from lib.models import MODELS
from lib.run import check, main, measured, seed
from lib.values import Values, form, form_message, fresh, no_total_order, text_varies
from lib.wire import ERRORS, take_value

OPS = int(os.environ.get("OPS", 60000))
BATCH = 200
OBJECTS = 12  # of each type


class Difference(AssertionError):
    pass


class Comparison:
    """Sends calls in batches, and compares each reply with what Python did meanwhile."""

    def __init__(self, client):
        self.client = client
        self.out = bytearray()
        self.expected = []  # (id, model, what, outcome)
        self.same = self.errors = 0

    def flush(self):
        self.client.write(bytes(self.out))
        self.out.clear()
        for id, what, outcome in self.expected:
            self.compare(self.client.reply(id), what, outcome)
        self.expected.clear()

    def compare(self, response, what, outcome):
        kind = response.WhichOneof("result")
        self.same += 1
        if isinstance(outcome, tuple):
            self.errors += 1
            got = (ERRORS[response.error.code][1], response.error.message) if kind == "error" else kind
            wanted = outcome
            if kind == "error" and wanted[1] is None:
                got = (got[0], None)
        else:
            got = {"value": lambda: form_message(response.value), "done": lambda: form(None),
                   "error": lambda: f"{ERRORS[response.error.code][1]}: {response.error.message}"}[kind]()
            wanted = outcome
        if got != wanted:
            raise Difference(f"{what()}\n  mgrd:   {got}\n  Python: {wanted}")

    def send(self, model, operation, arguments):
        id, data = self.client.encode(operation, name=model.name, **arguments)
        self.out += data
        return id

    def now(self, model, operation, **arguments):
        """One call whose reply is needed at once."""
        self.flush()
        id = self.send(model, operation, arguments)
        self.client.write(bytes(self.out))
        self.out.clear()
        return self.client.reply(id)

    def expect(self, model, call, outcome, before):
        operation, arguments, _ = call
        id = self.send(model, operation, arguments)
        self.expected.append((id, lambda: f"{operation} {arguments!r} on {before!r}", outcome))
        if len(self.expected) >= BATCH:
            self.flush()


def message_of(error, arguments):
    """What the daemon must say too; None: the words may differ."""
    text = str(error)
    if text == "None" or text_varies(arguments) or len(text) > 190:
        return None
    return text


def run_python(model, call):
    """What Python gives: a form, or (exception, message); after an exception nothing has changed."""
    _, arguments, function = call
    before = model.saved()
    try:
        return form(fresh(function())), before
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        model.data = before
        return (type(error).__name__, message_of(error, arguments)), before


def reload(compare, model):
    """Makes the daemon's list what the model's is."""
    compare.flush()
    compare.now(model, "list_set_slice", items=fresh(model.data))
    model.reload = False


def sort_step(compare, model, call):
    """A failed sort says which class only; without a total order any outcome is right."""
    if getattr(model, "reload", False):
        reload(compare, model)
    loose = no_total_order(model.data)
    outcome, before = run_python(model, call)
    if isinstance(outcome, tuple):
        outcome = (outcome[0], None)
    if not loose:
        compare.expect(model, call, outcome, before)
        return
    response = compare.now(model, call[0], **call[1])
    now = compare.now(model, "list_copy").value
    if response.WhichOneof("result") == "error":
        check(form_message(now) == form(before), "a failed sort changed the list")
    else:
        check(sorted(map(form_message, now.list.items)) == sorted(map(form, before)), "a sort lost items")
    model.data = take_value(now)
    compare.same += 1


def pop_step(compare, model):
    """Any member will do."""
    response = compare.now(model, "set_pop")
    got = form_message(response.value)
    found = [member for member in model.data if form(member) == got]
    check(found, f"set.pop gave {got}, which is not in {model.data}")
    model.data = {member for member in model.data if member is not found[0]}
    compare.same += 1


def step(compare, model):
    call = model.random_call()
    if call[0] == "list_sort":
        sort_step(compare, model, call)
    elif call[0] == "set_pop" and model.data:
        pop_step(compare, model)
    else:
        outcome, before = run_python(model, call)
        compare.expect(model, call, outcome, before)


def make_models(client, values):
    models = []
    for make in MODELS:
        for i in range(OBJECTS):
            model = make(f"{make.type}{i}", values)
            typed = {"typecode": model.typecode} if make.type == "array" else {}
            client.call("object_create", name=model.name, type=make.type, **typed)
            models.append(model)
    return models


def check_whole(compare, model):
    """At the end every object is what its model is."""
    response = compare.now(model, f"{model.type}_copy")
    data = model.data.tolist() if model.type == "array" else model.data
    check(form_message(response.value) == form(data), f"{model.name} has drifted")


def test_differential():
    rng = random.Random(seed())
    with Daemon() as daemon:
        began = time.monotonic()
        with daemon.client() as client:
            compare = Comparison(client)
            models = make_models(client, Values(rng))
            for _ in range(OPS):
                step(compare, rng.choice(models))
            for model in models:
                check_whole(compare, model)
        measured(f"{compare.same} operations equal to CPython's, {compare.errors} of them errors, "
                 f"{time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    main(globals())
