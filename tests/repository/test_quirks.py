"""Each quirk of a browser has an id: in the code that works around it, in a test of it, and in the guide."""

from __future__ import annotations

import re
from collections import defaultdict

from harness.places import ROOT

ID = r"(?:chromium|firefox|webkit|engines|pyodide)-[a-z0-9.-]*[a-z0-9]"


def in_code() -> dict[str, set[str]]:
    """Ids, and the files of the library that name them."""
    found = defaultdict(set)
    library, scripts = ROOT / "py/mediarecorder", ROOT / "static/library"
    for file in (*library.rglob("*.py"), *scripts.rglob("*.js")):
        if library / "js" in file.parents:
            continue
        for ids in re.findall(rf"\bquirks?: ({ID}(?:, {ID})*)", file.read_text()):
            for name in ids.split(", "):
                found[name].add(file.relative_to(ROOT).as_posix())
    return found


def in_tests() -> set[str]:
    marks = (
        re.findall(r"\bmark\.quirk\(([^)]*)\)", file.read_text()) for file in ROOT.glob("tests/**/test_*.py")
    )
    return {name for mark in marks for ids in mark for name in re.findall(rf'"({ID})"', ids)}


def in_the_guide() -> dict[str, tuple[str, str, str, str]]:
    """Ids, and the other columns of the table: engine, behaviour, workarounds, and why no test shows it."""
    text = (ROOT / "docs/maintaining.md").read_text()
    rows = re.findall(rf"^\| `({ID})` \| (.+) \| (.+) \| (.+) \| (.*) \|$", text, re.MULTILINE)
    assert len({name for name, *_ in rows}) == len(rows)
    return {name: tuple(rest) for name, *rest in rows}


def test_each_quirk_in_code_has_a_test_or_stated_reason():
    untested = {name for name, (_, _, _, reason) in in_the_guide().items() if reason}
    assert set(in_code()) - in_tests() == untested


def test_each_quirk_of_a_test_is_worked_around():
    assert in_tests() - set(in_code()) == set()


def test_maintainers_guide_lists_each_quirk_and_where_it_is():
    assert set(in_the_guide()) == set(in_code())
    said = {name: set(re.findall(r"`([\w/.]+)`", where)) for name, (_, _, where, _) in in_the_guide().items()}
    parts = {name: {short(file) for file in files} for name, files in in_code().items()}
    assert said == parts


def short(file: str) -> str:
    """As the guide names it."""
    return file.removeprefix("py/mediarecorder/").removeprefix("static/library/")
