"""The rows as a table, as JSON, as a picture, and as the table in docs/performance.md."""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Iterable
from html import escape
from typing import Any

from .browser import ROOT, machine
from .row import Row, median

BENCHMARKS = (
    "stop",
    "chunks",
    "data",
    "loading",
    "first_use",
    "size",
    "leaks",
    "bridge",
    "store",
    "many_takes",
    "upload",
    "seekable",
    "lengths",
    "from_frames",
    "growth",
    "long_takes",
    "live",
    "opencv",
    "peers",
)
"""In the order of the table."""
RESULTS = ROOT / "benchmarks" / "results"
PAGE = ROOT / "docs" / "performance.md"
GROUPS = {
    "limits": "Limits",
    "peers": "Other libraries doing the same work",
    "growth": "Growth with the amount of work",
}
HEAD = ("what", "ours", "theirs", "ratio (p95)", "limit", "")


def number(value: float, unit: str) -> str:
    digits = 0 if value == int(value) else max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{digits}f} {unit}".strip()


def times(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.2g}"


def cells(row: Row) -> tuple[str, ...]:
    ratio = "" if row.ratio is None else times(row.ratio)
    if row.ratio_p95 is not None:
        ratio += f" ({times(row.ratio_p95)})"
    theirs = f"{number(median(row.theirs), row.unit)} ({row.against})" if row.theirs else row.against
    limit = row.limit.said(row.unit) if row.limit else ""
    return row.what, number(median(row.ours), row.unit), theirs, ratio, limit, row.verdict


def line(row: Row) -> str:
    return " | ".join(cell for cell in cells(row) if cell)


def table(rows: Iterable[Row]) -> str:
    lines = [HEAD, *map(cells, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def write(name: str, rows: list[Row], versions: dict[str, str]) -> None:
    """Save the results of a benchmark, and publish them with the others."""
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / "results.json"
    kept = json.loads(file.read_text()) if file.exists() else {}
    taken = {"date": datetime.date.today().isoformat(), "machine": machine(), "browsers": versions}
    kept[name] = {"taken": taken, "rows": [row.as_json() for row in rows]}
    file.write_text(json.dumps(kept, ensure_ascii=False).replace(", {", ",\n {") + "\n")
    publish(kept)


def publish(kept: dict[str, Any]) -> None:
    """Write the table of docs/performance.md and the pictures, from all saved results."""
    rows = [Row.from_json(row) for name in BENCHMARKS if name in kept for row in kept[name]["rows"]]
    (RESULTS / "ratios.svg").write_text(chart(rows))
    if divided := [row for row in rows if row.parts]:
        (RESULTS / "first-use.svg").write_text(stacked(divided))
    parts = [conditions([results["taken"] for results in kept.values()])]
    for group, title in GROUPS.items():
        if found := [row for row in rows if row.group == group]:
            parts += [f"### {title}", markdown(found)]
    text = PAGE.read_text()
    before, begin, rest = text.partition("<!-- results -->\n")
    _, end, after = rest.partition("\n<!-- end of results -->")
    if not begin or not end:
        raise RuntimeError(f"{PAGE} has no place for results")
    PAGE.write_text(before + begin + "\n\n".join(parts) + end + after)


def conditions(taken: list[dict[str, Any]]) -> str:
    """The dates, the machines and the browsers, each with its versions."""
    versions: dict[str, set[str]] = {}
    for one in taken:
        for name, version in one["browsers"].items():
            versions.setdefault(name.capitalize(), set()).add(version)
    dates, machines = (sorted({one[name] for one in taken}) for name in ("date", "machine"))
    browsers = (f"{name} {' and '.join(sorted(numbers))}" for name, numbers in sorted(versions.items()))
    lines = (
        f"Measured on: {', '.join(dates)}",
        f"Machines: {'; '.join(machines)}",
        f"Browsers: {'; '.join(browsers)}",
    )
    return "\n".join(f"- {line}" for line in lines)


def markdown(rows: list[Row]) -> str:
    lines = [HEAD, tuple("---" for _ in HEAD)]
    for row in rows:
        *first, verdict = cells(row)
        lines.append((*first, f"**{verdict}**" if "NOT" in verdict else verdict))
    text = "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
    notes = [f"- {row.what}: {row.note}" for row in rows if row.note]
    return text + ("\n\n" + "\n".join(notes) if notes else "")


WIDTH, LABELS, BAR, GAP, TOP = 860, 400, 16, 8, 44
#: The end of the scale; longer bars are cut off, and their number shows the ratio.
LONGEST = 2.0


def chart(rows: list[Row]) -> str:
    """The ratios as bars, ours over theirs, with a line at 1."""
    shown = [row for row in rows if row.ratio is not None and row.group != "growth"]
    height = TOP + len(shown) * (BAR + GAP) + 24
    scale = (WIDTH - LABELS - 70) / LONGEST
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="Ratios of ours to theirs" font-family="system-ui, sans-serif" font-size="12">',
        "<style>text{fill:#333}.good{fill:#2e7d5b}.bad{fill:#b3423a}.even{stroke:#555}.limit{stroke:#c77c02}"
        "@media(prefers-color-scheme:dark){text{fill:#ddd}.good{fill:#5cb88f}.bad{fill:#e0766d}"
        ".even{stroke:#aaa}}</style>",
        '<text x="0" y="16" font-size="14">Ours divided by theirs (for rates: theirs by ours); '
        "lower is better</text>",
        f'<text x="{LABELS + scale:.0f}" y="34" text-anchor="middle">1.0</text>',
    ]
    for place, row in enumerate(shown):
        assert row.ratio is not None
        ratio = 1 / row.ratio if row.more_is_better else row.ratio
        y = TOP + place * (BAR + GAP)
        kind = "bad" if row.holds is False or (row.holds is None and not row.ahead) else "good"
        width = min(ratio, LONGEST) * scale
        parts.append(
            f'<text x="{LABELS - 8}" y="{y + 12}" text-anchor="end">{escape(shortened(row))}</text>'
            f'<rect class="{kind}" x="{LABELS}" y="{y}" width="{width:.1f}" height="{BAR}" rx="2"/>'
            f'<text x="{LABELS + width + 6:.1f}" y="{y + 12}">{ratio:.2f}</text>'
        )
    even = LABELS + scale
    parts.append(f'<line class="even" x1="{even:.1f}" x2="{even:.1f}" y1="{TOP - 6}" y2="{height - 16}"/>')
    return "\n".join([*parts, "</svg>", ""])


PART_COLOURS = ("#8a94a6", "#c77c02", "#b3423a", "#5b6fb5", "#2e7d5b")


def stacked(rows: list[Row]) -> str:
    """The time in parts: one bar for each side."""
    bars = [(row, side, parts) for row in rows for side, parts in (row.parts or {}).items()]
    names = list(dict.fromkeys(name for _, _, parts in bars for name in parts))
    colours = dict(zip(names, PART_COLOURS, strict=False))
    scale = (WIDTH - LABELS - 70) / max(sum(parts.values()) for _, _, parts in bars)
    height = TOP + len(bars) * (BAR + GAP) + 2 * BAR * len(names) + GAP
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="Where the time goes" font-family="system-ui, sans-serif" font-size="12">',
        "<style>text{fill:#333}@media(prefers-color-scheme:dark){text{fill:#ddd}}</style>",
        '<text x="0" y="16" font-size="14">Where the time goes; shorter is better</text>',
    ]
    for place, (row, side, parts) in enumerate(bars):
        x, y = float(LABELS), TOP + place * (BAR + GAP)
        lines.append(
            f'<text x="{LABELS - 8}" y="{y + 12}" text-anchor="end">{escape(f"{row.what}: {side}")}</text>'
        )
        for name, amount in parts.items():
            width = amount * scale
            lines.append(
                f'<rect fill="{colours[name]}" x="{x:.1f}" y="{y}" width="{width:.1f}" height="{BAR}">'
                f"<title>{escape(name)}: {number(amount, row.unit)}</title></rect>"
            )
            x += width
        total = number(sum(parts.values()), row.unit)
        lines.append(f'<text x="{x + 6:.1f}" y="{y + 12}">{total}</text>')
    top = TOP + len(bars) * (BAR + GAP) + GAP
    for place, name in enumerate(names):
        y = top + 2 * BAR * place
        amounts = [number(parts.get(name, 0), row.unit) for row, _, parts in bars]
        lines.append(
            f'<rect fill="{colours[name]}" x="{LABELS}" y="{y}" width="{BAR}" height="{BAR}"/>'
            f'<text x="{LABELS - 8}" y="{y + 12}" text-anchor="end">{escape(name)}</text>'
            f'<text x="{LABELS + BAR + 6}" y="{y + 12}">{escape(" | ".join(amounts))}</text>'
        )
    return "\n".join([*lines, "</svg>", ""])


def shortened(row: Row) -> str:
    text = f"{row.what} / {row.against}" if row.group == "peers" else row.what
    text = text.replace("`", "")
    return text if len(text) <= 56 else text[:55] + "…"
