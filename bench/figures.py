# SPDX-License-Identifier: BSD-2-Clause
# What runs measured, their medians and ratios.
import statistics


class Samples:
    """What the runs of one row measured, by server."""

    def __init__(self):
        self.runs = {}

    def add(self, server, measured):
        self.runs.setdefault(server, []).append(measured)

    def median(self, server, column):
        values = [run[column] for run in self.runs[server] if run[column] is not None]
        return statistics.median(values) if values else None

    def medians(self):
        return {server: {column: self.median(server, column) for column, value in runs[0].items()
                         if not isinstance(value, str)} for server, runs in self.runs.items()}


def ratio(above, below):
    return above / below if above is not None and below else None


def compared(medians, over="redis"):
    """CPU per request, requests a second and p99: how often mgrd is better."""
    ours, theirs = medians["mgrd"], medians[over]
    return {"value": ratio(theirs["cpu_s_per_million"], ours["cpu_s_per_million"]),
            "rps": ratio(ours["rps"], theirs["rps"]), "p99": ratio(theirs["p99_us"], ours["p99_us"])}


def show(medians, column, decimals=0, unit=1):
    """One figure of all servers, "1.25:0.54"."""
    names = [name for name in ("redis", "valkey", "manager", "mgrd") if name in medians]
    return ":".join(f"{medians[name][column] / unit:.{decimals}f}" for name in names)
