"""Run the benchmarks: ``python -m benchmarks [--only stop,store] [--rounds 20] [--smoke] [--write]``.

Both sides of a row run in one page, in turn. Nothing else should run on the machine at the same time.
"""

from __future__ import annotations

import argparse
import sys
import time
from importlib import import_module

from playwright.sync_api import sync_playwright

from . import report
from .browser import Bench
from .report import BENCHMARKS
from .row import Row

ROUNDS = 20


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks", description="Measure the cost of the library.")
    parser.add_argument("--only", default=",".join(BENCHMARKS), help=f"a selection of {','.join(BENCHMARKS)}")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="samples of each side (%(default)s)")
    parser.add_argument("--smoke", action="store_true", help="only check that everything runs")
    parser.add_argument(
        "--write", action="store_true", help="save the results in benchmarks/results and docs/performance.md"
    )
    given = parser.parse_args()
    names = given.only.split(",")
    if unknown := [name for name in names if name not in BENCHMARKS]:
        parser.error(f"unknown benchmarks: {', '.join(unknown)}; choose from {', '.join(BENCHMARKS)}")
    rows: list[Row] = []
    with sync_playwright() as playwright:
        bench = Bench(playwright, 2 if given.smoke else given.rounds, given.smoke)
        try:
            for name in names:
                begun = time.monotonic()
                bench.versions.clear()
                measured = []
                for row in import_module(f"benchmarks.{name}").measure(bench):
                    measured.append(row)
                    print(f"  {report.line(row)}", flush=True)
                print(f"{name}: {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
                rows += measured
                if given.write:
                    report.write(name, measured, dict(bench.versions))
        finally:
            bench.close()
    print(report.table(rows))
    return int(not given.smoke and any(row.holds is False for row in rows))


if __name__ == "__main__":
    sys.exit(main())
