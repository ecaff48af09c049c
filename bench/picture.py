# SPDX-License-Identifier: BSD-2-Clause
# Results of compare.py as a picture: python3 picture.py build/bench/results.json > docs/performance.svg
import json
import sys
from xml.sax.saxutils import escape

WIDTH, LEFT, RIGHT = 860, 200, 80
TOP, BAR, STEP, GROUP = 92, 16, 26, 10
INK, FAINT, GRID, BETTER, WORSE, MUST = "#1f2933", "#616e7c", "#e4e7eb", "#2f8f6b", "#c05746", "#1f2933"
FONT = "font-family=\"system-ui, 'Segoe UI', Helvetica, Arial, sans-serif\""


def text(x, y, content, **attributes):
    more = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in attributes.items())
    return f'<text x="{x:.1f}" y="{y:.1f}"{more}>{escape(content)}</text>'


def line(x, top, bottom, colour, dash=""):
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<line x1="{x:.1f}" y1="{top:.1f}" x2="{x:.1f}" y2="{bottom:.1f}" stroke="{colour}"{dashed}/>'


def shown(row):
    """What has Redis at 1.0: CPU per request, and memory per entry."""
    return row["kind"] in ("load", "memory") and row["value"] is not None


class Scale:
    def __init__(self, most):
        self.most = max(most * 1.05, 1.5)

    def __call__(self, value):
        return LEFT + value / self.most * (WIDTH - LEFT - RIGHT)

    def ticks(self):
        step = 0.5 if self.most <= 4 else 1
        return [step * i for i in range(int(self.most / step) + 1)]


def frame(scale, bottom):
    out = []
    for tick in scale.ticks():
        out.append(line(scale(tick), TOP - 12, bottom, GRID))
        out.append(text(scale(tick), bottom + 16, f"{tick:g}", fill=FAINT, text_anchor="middle", font_size=11))
    return out


def redis(scale, bottom):
    return [line(scale(1), TOP - 12, bottom, INK, "4 3"),
            text(scale(1), TOP - 18, "Redis = 1.0", fill=INK, text_anchor="middle", font_size=11)]


def bar(row, y, scale):
    value, must = row["value"], row["must"]
    colour = BETTER if value >= 1 else WORSE
    out = [text(LEFT - 10, y + BAR - 4, row["row"], fill=INK, text_anchor="end"),
           f'<rect x="{LEFT}" y="{y}" width="{scale(value) - LEFT:.1f}" height="{BAR}" rx="2" fill="{colour}"/>']
    if must is not None:
        out.append(line(scale(must), y - 3, y + BAR + 3, MUST))
    at = max(scale(value), scale(must or 0)) + 6
    return out + [text(at, y + BAR - 4, f"{value:.2f}", fill=INK, font_weight=600)]


def places(rows):
    """(row, y) from the top, with a gap where the kind changes."""
    y, before = TOP, None
    for row in rows:
        y += GROUP if before not in (None, row["kind"]) else 0
        yield row, y
        y, before = y + STEP, row["kind"]


def about(results):
    servers = ", ".join(version for version in results["versions"])
    return [f"{servers}. {results['processors']} x {results['processor']}, Linux {results['kernel']}.",
            f"Medians of {results['rounds']} interleaved rounds, {results['date']}; 50 connections over loopback, "
            "values of 32 bytes; P16: 16 requests on their way.",
            "A thin stroke: what a release must reach."]


def draw(results):
    rows = [row for row in results["rows"] if shown(row)]
    if not rows:
        raise SystemExit("picture: there is nothing to draw in these results")
    scale = Scale(max(max(row["value"], row["must"] or 0) for row in rows))
    placed = list(places(rows))
    bottom = placed[-1][1] + STEP
    notes = about(results)
    height = bottom + 44 + 16 * len(notes)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
           f'viewBox="0 0 {WIDTH} {height}" {FONT} font-size="13">',
           f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
           text(20, 32, "mgrd and Redis", fill=INK, font_size=19, font_weight=600),
           text(20, 54, "Server CPU per request, and memory per entry: how often Redis takes what mgrd takes.",
                fill=FAINT)]
    out += frame(scale, bottom)
    for row, y in placed:
        out += bar(row, y, scale)
    out += redis(scale, bottom)
    for i, note in enumerate(notes):
        out.append(text(20, bottom + 44 + 16 * i, note, fill=FAINT, font_size=11))
    return "\n".join(out + ["</svg>", ""])


def main():
    if len(sys.argv) != 2:
        raise SystemExit("usage: picture.py RESULTS.json > PICTURE.svg")
    with open(sys.argv[1]) as file:
        sys.stdout.write(draw(json.load(file)))


if __name__ == "__main__":
    main()
