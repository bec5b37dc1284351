"""Fixtures for tests that drive a page from outside, as a person would (tests/demo).

``site``                      address of the project's server, without a slash at the end
``insecure_site``             the same under a name that is not a secure context (lane chromium-insecure)
``engine``                    ``"chromium"``, then ``"firefox"``; a test's own parametrize mark overrides it
``launch(engine, …)``         a fresh page: ``flags`` adds flags of Chromium, ``without`` removes those that
                              begin with it, ``prefs`` adds preferences of Firefox, ``permissions`` are
                              granted, ``context`` has options of ``browser.new_context``
``lane_page(name, …)``        a fresh page configured like a lane of lanes.py, with ``context`` options
``shared_page(name, …)``      a page that tests share in turn: the first that asks for this name opens it
``bench``                     servers that recordings are sent to, without faults
``demo_page``                 a page of the engine that has begun to open the demo, but may not be ready
``screenshots``               the folder for pictures to look at, build/screenshots

Afterwards, any action that page_watch.py forbids fails the test; the mark ``console_errors`` allows console
errors.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Playwright, expect, sync_playwright

from harness.browsers import BrowserMissingError, context_options, launch_options
from harness.lanes import CHROMIUM, COMPILED_ONCE, FIREFOX, INSECURE_HOST, LANES, Lane, left_out
from harness.page_watch import ContextWatch
from harness.places import ROOT
from harness.plugin import HARNESS
from harness.reports import blame
from harness.sound_server import Sound, SoundServerMissingError
from harness.uploads import Bench

ENGINES = {"chromium": CHROMIUM, "firefox": FIREFOX}
SCREENSHOTS = ROOT / "build" / "screenshots"
#: Milliseconds that any action may take. Only an action that hangs takes longer, even on a busy machine.
TIMEOUT = 180_000
#: Browsers that stay open for the next test that wants the same options.
SPARE = 2

CONTEXTS = pytest.StashKey[list[tuple[BrowserContext, ContextWatch]]]()
FAILED = pytest.StashKey[bool]()


class Browsers:
    """One browser for each set of options; tests get a fresh context in it."""

    def __init__(self, playwright: Playwright) -> None:
        self._playwright = playwright
        self._open: dict[str, Browser] = {}
        self._sound = Sound()

    def get(self, lane: Lane) -> Browser:
        options = {**launch_options(lane), **self._sound.options(lane)}
        browser = self._open.pop(repr(options), None)
        if browser is None or not browser.is_connected():
            self._close_idle()
            browser = self._playwright[lane.engine].launch(**options)
        self._open[repr(options)] = browser
        return browser

    def _close_idle(self) -> None:
        idle = [key for key, browser in self._open.items() if not browser.contexts]
        for key in idle[: max(0, len(idle) - SPARE + 1)]:
            self._open.pop(key).close()

    def close(self) -> None:
        for browser in self._open.values():
            browser.close()
        self._sound.close()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """A process can have only one."""
    expect.set_options(timeout=TIMEOUT)
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browsers(playwright: Playwright) -> Iterator[Browsers]:
    browsers = Browsers(playwright)
    yield browsers
    browsers.close()


@pytest.fixture(scope="session")
def site(request: pytest.FixtureRequest) -> str:
    return request.config.stash[HARNESS].site.url


@pytest.fixture(scope="session")
def insecure_site(request: pytest.FixtureRequest) -> str:
    return request.config.stash[HARNESS].site.url_on(INSECURE_HOST)


@pytest.fixture(scope="session")
def screenshots() -> Path:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    return SCREENSHOTS


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def open_page(request: pytest.FixtureRequest, browsers: Browsers) -> Iterator[Callable[..., Page]]:
    """``open_page(lane, **options)``: a page in a fresh context, watched, closed after the test."""
    contexts: list[BrowserContext] = []

    def open_page(lane: Lane, **options: Any) -> Page:
        context, watch = _new_context(browsers, lane, **options)
        contexts.append(context)
        _watch(request.node, context, watch)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


@dataclass
class Shared:
    """The content of a page that tests share in turn."""

    content: Any
    context: BrowserContext
    watch: ContextWatch


@pytest.fixture(scope="session")
def shared_pages() -> dict[str, Shared]:
    """The open pages; they are closed with their browsers."""
    return {}


@pytest.fixture
def shared_page(
    request: pytest.FixtureRequest, browsers: Browsers, shared_pages: dict[str, Shared]
) -> Iterator[Callable[..., Any]]:
    """``shared_page(name, lane, begin, tidy, **options)``: the object that ``begin(page)`` returned.

    ``begin`` is called for the first test that asks for this name. After each test, ``tidy`` resets the page,
    and raises if the test left something behind. After a failed test the page is closed.
    """
    used: dict[str, tuple[Shared, Callable[[Any], object]]] = {}

    def shared_page(
        name: str, lane: Lane, begin: Callable[[Page], Any], tidy: Callable[[Any], object], **options: Any
    ) -> Any:
        shared = shared_pages.pop(name, None)
        if new := shared is None:
            shared = Shared(None, *_new_context(browsers, lane, **options))
        used[name] = shared, tidy
        _watch(request.node, shared.context, shared.watch)
        if new:
            shared.content = begin(shared.context.new_page())
        return shared.content

    yield shared_page
    for name, (shared, tidy) in used.items():
        try:
            if FAILED not in request.node.stash:
                tidy(shared.content)
                _, offences = shared.watch.take(console_errors=False)
                # A player may still load a take that `tidy` deletes.
                offences = [offence for offence in offences if "ERR_FILE_NOT_FOUND" not in offence]
                assert offences == [], "while the page was tidied"
                shared_pages[name] = shared
        finally:
            if name not in shared_pages:
                shared.context.close()


def _new_context(browsers: Browsers, lane: Lane, **options: Any) -> tuple[BrowserContext, ContextWatch]:
    if lane.engine == "chromium":
        lane = lane.plus(flags=[COMPILED_ONCE])
    try:
        browser = browsers.get(lane)
    except (BrowserMissingError, SoundServerMissingError) as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None
    context = browser.new_context(**context_options(lane), **options)
    context.set_default_timeout(TIMEOUT)
    return context, ContextWatch(context)


def _watch(item: pytest.Item, context: BrowserContext, watch: ContextWatch) -> None:
    item.stash.setdefault(CONTEXTS, []).append((context, watch))


@pytest.fixture
def launch(open_page: Callable[..., Page]) -> Callable[..., Page]:
    def launch(
        engine: str,
        *,
        flags: Iterable[str] = (),
        without: Iterable[str] = (),
        prefs: Mapping[str, bool | int | str] = MappingProxyType({}),
        permissions: Iterable[str] = (),
        context: Mapping[str, Any] = MappingProxyType({}),
    ) -> Page:
        lane = ENGINES[engine]
        for prefix in without:
            lane = lane.without(prefix)
        return open_page(lane.plus(flags=flags, prefs=prefs, permissions=permissions), **context)

    return launch


@pytest.fixture
def lane_page(open_page: Callable[..., Page]) -> Callable[..., Page]:
    def lane_page(name: str, **context: Any) -> Page:
        if name in left_out():
            pytest.skip(f"the environment leaves out the lane {name}")
        return open_page(LANES[name], **context)

    return lane_page


@pytest.fixture
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    bench = request.config.stash[HARNESS].site.uploads
    bench.empty()
    bench.begin()
    yield bench
    bench.begin()


@pytest.fixture
def demo_page(launch: Callable[..., Page], engine: str, site: str) -> Page:
    page = launch(engine)
    page.goto(f"{site}/", wait_until="commit")
    return page


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if call.when == "call":
        for context, watch in item.stash.get(CONTEXTS, []):
            _let_events_arrive(context)
            console_errors = item.get_closest_marker("console_errors") is not None
            console, offences = watch.take(console_errors=console_errors)
            blame(report, offences, console)
    if report.failed:
        item.stash[FAILED] = True
    return report


def _let_events_arrive(context: BrowserContext) -> None:
    """Wait for late offences, because a test may end right after one. A hung page cannot be queried."""
    for page in context.pages[:1]:
        # A crashed page reports nothing more.
        with contextlib.suppress(Error):
            page.wait_for_timeout(100)
