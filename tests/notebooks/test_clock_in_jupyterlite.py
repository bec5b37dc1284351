"""JupyterLite's page was opened before the clock was set; the kernel started afterwards."""

from __future__ import annotations

import pytest
from jupyterlite_page import JupyterLite

from harness.places import PAGE_PROBE, SUPPORT

FIRST = "first-recording.ipynb"
HOUR = 3_600_000
RECORD = """from mediarecorder import record
recording = await record(1.5)
print(1.5 <= recording.duration < 3, 1 < await recording.measure() < 3)"""


def soak(*values: int) -> list[object]:
    return [pytest.param(value, marks=pytest.mark.soak) for value in values]


@pytest.mark.parametrize("served", ["plain"], indirect=True)
@pytest.mark.parametrize("difference", soak(-HOUR, HOUR, 2000, -2000))
def test_duration_does_not_depend_on_the_pages_clock(jupyterlite: JupyterLite, difference: int) -> None:
    page = jupyterlite.page
    page.context.add_init_script(path=SUPPORT / "other-clock.js")
    page.context.add_init_script(path=PAGE_PROBE)
    jupyterlite.open("notebooks", FIRST)
    page.evaluate("(difference) => otherClock.set(difference)", difference)
    cell = jupyterlite.run(RECORD)
    assert jupyterlite.errors() == []
    assert jupyterlite.printed(cell) == "True True\n"
    cell = jupyterlite.start(RECORD)
    page.wait_for_function("pageProbe.live() === 1")
    page.evaluate("(difference) => otherClock.step(difference)", difference)
    jupyterlite.wait()
    assert jupyterlite.printed(cell) == "True True\n"
