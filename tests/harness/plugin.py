"""pytest outside the browser: collects the tests of tests/browser and runs them in the page, lane by lane."""

from __future__ import annotations

import functools
import operator
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from harness import marks
from harness.lanes import ROWS, lanes_of, left_to
from harness.page_runner import Runner
from harness.reports import blame, outcome_report
from harness.scheduling import LaneScheduling, group_of, in_order
from harness.server import HarnessSite

#: Folder, and file, of tests for the page.
INNER_TESTS = Path(__file__).resolve().parents[1] / "browser"
MUST_FAIL = Path(__file__).resolve().parent / "must_fail.py"

#: The lane of a test that runs in the page.
LANE = pytest.StashKey[str]()


class Harness:
    """The resources that the session opens when the first test needs them."""

    def __init__(self, session: pytest.Session) -> None:
        self._session = session

    @functools.cached_property
    def site(self) -> HarnessSite:
        return HarnessSite()

    @functools.cached_property
    def runner(self) -> Runner:
        return Runner(self.site, self._inner_arguments())

    def close(self) -> None:
        # Close only open resources: reading a property would open its resource.
        if "runner" in self.__dict__:
            self.runner.close()
        if "site" in self.__dict__:
            self.site.close()

    def _inner_arguments(self) -> dict[str, list[str]]:
        """For each group: the style of failure reports, and its test files."""
        config = self._session.config
        style = [f"--tb={config.option.tbstyle}", f"--verbosity={config.option.verbose}"]
        if config.option.showlocals:
            style.append("--showlocals")
        if config.get_terminal_writer().hasmarkup:
            style.append("--color=yes")
        files: dict[str, dict[str, None]] = defaultdict(dict)
        for item in self._session.items:
            if LANE in item.stash:
                files[group_of(item.nodeid)][item.nodeid.split("::")[0]] = None
        return {group: [*style, *names] for group, names in files.items()}


HARNESS = pytest.StashKey[Harness]()


def pytest_configure(config: pytest.Config) -> None:
    marks.register(config)


def pytest_sessionstart(session: pytest.Session) -> None:
    session.config.stash[HARNESS] = Harness(session)


def pytest_unconfigure(config: pytest.Config) -> None:
    if harness := config.stash.get(HARNESS, None):
        harness.close()


# First, so that the lane comes before a test's own parameters in its id.
@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if _is_inner(metafunc.definition):
        if "lane" not in metafunc.fixturenames:
            metafunc.fixturenames.append("lane")
        lanes = lanes_of(metafunc.definition.iter_markers())
        metafunc.parametrize("lane", lanes, ids=lanes)


def pytest_itemcollected(item: pytest.Item) -> None:
    if isinstance(item, pytest.Function) and _is_inner(item):
        lane = item.callspec.params["lane"]
        if isinstance(lane, str):  # otherwise it has no lane, and pytest skips it
            if group_of(item.nodeid).split()[0] != lane:
                raise pytest.UsageError(f"{item.nodeid}: lane and first parameter read as another lane")
            item.stash[LANE] = lane
            if mark := left_to(lane, item.iter_markers(), _row(item)):
                item.add_marker(mark)
    elif isinstance(item, pytest.Function) and item.get_closest_marker("media_work") and _row(item) >= ROWS:
        item.add_marker("thorough")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Lane by lane, so that a browser starts once."""
    groups = {group_of(item.nodeid): PurePosixPath(item.path) for item in items}
    order = {name: position for position, name in enumerate(in_order(groups))}
    items.sort(key=lambda item: order[group_of(item.nodeid)])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LaneScheduling:
    return LaneScheduling(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    if LANE not in item.stash:
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in _run(item, nextitem):
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def _row(item: pytest.Function) -> int:
    """The largest index of the test's parameters in their tables, the lane excepted."""
    if not hasattr(item, "callspec"):
        return 0
    # pytest's indices of a test's own tables count the calls of all tables and lanes together.
    of_tables = {}
    for mark in item.iter_markers("parametrize"):
        names, table = mark.args[:2]
        names = [name.strip() for name in names.split(",")] if isinstance(names, str) else names
        of_tables |= dict.fromkeys(names, _index([item.callspec.params[name] for name in names], table))
    return max(({**item.callspec.indices, **of_tables, "lane": 0}).values())


def _index(values: list[object], table: Iterable[Any]) -> int:
    """The index of the row with these values in the table of a mark `parametrize`."""
    for index, row in enumerate(table):
        held = row.values if hasattr(row, "marks") else [row] if len(values) == 1 else row
        if all(map(operator.is_, held, values)):
            return index
    raise pytest.UsageError(f"no row has {values}")


def _is_inner(node: pytest.Item) -> bool:
    return INNER_TESTS in node.path.parents or node.path == MUST_FAIL


def _run(item: pytest.Item, following: pytest.Item | None) -> list[pytest.TestReport]:
    """Run a test in its page; if pytest-rerunfailures would repeat it, a second time in a new page."""
    reports = _attempt(item, following)
    outcome = outcome_report(reports, item)
    if outcome.failed and _is_repeated(item.config, outcome.longreprtext):
        outcome.outcome = "rerun"  # type: ignore[assignment]  # a word of pytest-rerunfailures
        item.ihook.pytest_runtest_logreport(report=outcome)
        reports = _attempt(item, following, in_new_page=True)
    return reports


def _is_repeated(config: pytest.Config, text: str) -> bool:
    """Whether the options of pytest-rerunfailures ask for a second attempt after this failure."""
    patterns = config.getoption("only_rerun", None)
    return bool(config.getoption("reruns", 0)) and any(
        re.search(pattern, text) for pattern in patterns or "."
    )


def _attempt(
    item: pytest.Item, following: pytest.Item | None, *, in_new_page: bool = False
) -> list[pytest.TestReport]:
    group = group_of(item.nodeid)
    same_page = following and LANE in following.stash and group_of(following.nodeid) == group
    for _ in range(2):
        answer = item.config.stash[HARNESS].runner.run(
            group,
            _inner_node_id(item),
            _inner_node_id(following) if same_page else None,
            marks.time_limit(item),
            console_errors=item.get_closest_marker("console_errors") is not None,
            in_new_page=in_new_page,
        )
        if not answer.crashed:
            break
        item.warn(pytest.PytestWarning("the browser's process crashed in this test"))
    deserialize = item.config.hook.pytest_report_from_serializable
    reports = [deserialize(config=item.config, data=data) for data in answer.reports]
    for report in reports:
        report.nodeid, report.location = item.nodeid, item.location
        if isinstance(report.longrepr, list):
            # The reason for skipping is a tuple, which JSON does not have.
            report.longrepr = tuple(report.longrepr)
    blame(outcome_report(reports, item), answer.problems, answer.console)
    return reports


def _inner_node_id(item: pytest.Item) -> str:
    """The id without the lane, which is not a parameter in the page: test_x[firefox-a] is test_x[a] there."""
    parameters = item.callspec.id
    own = parameters.removeprefix(item.stash[LANE]).removeprefix("-")
    return item.nodeid.removesuffix(f"[{parameters}]") + (f"[{own}]" if own else "")
