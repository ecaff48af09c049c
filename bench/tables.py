# SPDX-License-Identifier: BSD-2-Clause
# Results as a table to read, as Markdown, as csv.
import csv
import io

HEAD = ("row", "must", "aim", "value", "requests/s", "p99", "verdict", "figures")
NOTE = ("value: server CPU per request, Redis by mgrd, where the row says nothing else (durable: requests/s, mgrd by "
        "Redis);\nrequests/s: mgrd by Redis; p99: Redis by mgrd. More is better, but for rows with a <.\n"
        "Figures: Redis:mgrd (Redis:Valkey:mgrd; Manager:mgrd; the larger one first).\n"
        "P16: 16 requests on their way on each of 50 connections.")


def number(value, unit="x"):
    if value is None:
        return ""
    if unit == "x":
        return f"{value:.2f}"
    return f"{value:.{2 if unit in ('s', 'ms') else 0}f} {unit}"


def limit(row, value):
    return f"< {number(value, row.unit)}" if row.at_most and value is not None else number(value, row.unit)


def cells(row, result):
    return (row.name, limit(row, row.must), limit(row, row.aim), number(result["value"], row.unit),
            number(result.get("rps")), number(result.get("p99")), result["verdict"], result["figures"])


def text(rows, results):
    lines = [HEAD] + [cells(row, results[row.name]) for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
    out = []
    for line in lines:
        aligned = [cell.ljust(width) if i in (0, 6, 7) else cell.rjust(width)
                   for i, (cell, width) in enumerate(zip(line, widths))]
        out.append("  ".join(aligned).rstrip())
    return "\n".join(out + ["", NOTE, ""])


def markdown(rows, results, about):
    out = [f"{about}\n", "| " + " | ".join(HEAD) + " |", "|---|--:|--:|--:|--:|--:|---|---|"]
    for row in rows:
        out.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells(row, results[row.name])) + " |")
    return "\n".join(out + ["", NOTE, ""])


def comma_separated(rows, results):
    """A line per row and server; the medians of what mgr-bench measured."""
    columns = []
    for result in results.values():
        for measured in result["servers"].values():
            columns += [column for column in measured if column not in columns]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["row", "must", "aim", "row_value", "rps_ratio", "p99_ratio", "verdict", "server", *columns])
    for row in rows:
        result = results[row.name]
        told = [row.name, row.must, row.aim, result["value"], result.get("rps"), result.get("p99"), result["verdict"]]
        for name, measured in result["servers"].items() or [("", {})]:
            writer.writerow(told + [name] + [measured.get(column) for column in columns])
    return out.getvalue()
