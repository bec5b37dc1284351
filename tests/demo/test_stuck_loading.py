"""A page that cannot go on loading says so, gives possible reasons, and offers to restart."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from demo_page import SEEN_THOUGH_HIDDEN
from playwright.sync_api import Page, expect

from harness.lanes import firefox_in_soak
from serve import Handler, Site

TIME_LIMIT = 15_000  # milliseconds


class FaultySite(Site):
    """Our server, which delays a file, or sends it with a wrong MIME type."""

    def __init__(self) -> None:
        super().__init__(0, FaultyHandler)
        self.held = ""
        self.types: dict[str, str] = {}
        self.let_go = threading.Event()


class FaultyHandler(Handler):
    server: FaultySite

    def do_GET(self) -> None:
        if self.server.held and self.path.endswith(self.server.held):
            self.server.let_go.wait()
        super().do_GET()

    def send_header(self, keyword: str, value: str) -> None:
        kind = self.server.types.get(self.path.rpartition("/")[2])
        super().send_header(keyword, kind if kind and keyword == "Content-Type" else value)


@pytest.fixture
def server() -> Iterator[FaultySite]:
    server = FaultySite()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.let_go.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def visit(page: Page, server: FaultySite) -> Callable[[str], Page]:
    """``visit(address)``: the page, with a clock that the test can advance."""

    def visit(address: str) -> Page:
        page.clock.install()
        page.goto(f"{server.url}/{address}", wait_until="commit")
        expect(page.get_by_text("Loading Python…")).to_be_visible()
        return page

    return visit


def pass_time_limit(page: Page) -> None:
    """Advance the clock beyond the page's time limit."""
    page.clock.fast_forward(TIME_LIMIT)
    expect(stuck(page)).to_be_visible()


def stuck(page: Page):
    return page.get_by_role("alert").filter(has_text="Loading is stuck")


@pytest.mark.thorough
@firefox_in_soak
@pytest.mark.parametrize(
    ("address", "file"),
    [
        ("examples/mdn.html", "python_stdlib.zip"),
        pytest.param("", "core.js", marks=pytest.mark.soak),
        pytest.param("", "demo.zip", marks=pytest.mark.soak),
        pytest.param("examples/mdn.html", "core.js", marks=pytest.mark.soak),
    ],
)
def test_delayed_file_is_reported_and_loading_continues(visit, server, address, file):
    server.held = file
    page = visit(address)
    expect(page.locator("#loading-bytes")).to_contain_text("MB")
    assert page.evaluate(SEEN_THOUGH_HIDDEN) == []
    pass_time_limit(page)
    assert page.evaluate(SEEN_THOUGH_HIDDEN) == []
    for reason in ("the network is down", "something blocks a request", "“.wasm” must be application/wasm"):
        expect(stuck(page)).to_contain_text(reason)
    if file != "core.js":
        expect(page.locator("#missing")).to_have_text(file)
    expect(page.get_by_role("button", name="Reload")).to_be_visible()

    server.let_go.set()
    expect(page.locator("#loading")).to_be_hidden()
    expect(stuck(page)).to_be_hidden()
    expect(page.get_by_role("button", name="Reload")).to_be_hidden()
    assert page.evaluate(SEEN_THOUGH_HIDDEN) == []


@pytest.mark.thorough
@pytest.mark.console_errors  # Pyodide's own error: a file is missing
@firefox_in_soak
def test_wrong_wasm_type_is_reported_and_reload_restarts(visit, server, engine, look):
    server.types["pyodide.asm.wasm"] = "application/octet-stream"
    page = visit("")
    with page.expect_console_message(lambda message: "wasm instantiation failed" in message.text):
        expect(page.locator("#loading-bytes")).to_have_text("12.1 of 12.1 MB")
    pass_time_limit(page)
    expect(page.locator("#missing")).to_have_text("pyodide.asm.wasm (application/octet-stream)")
    look(page, "stuck")

    del server.types["pyodide.asm.wasm"]
    page.get_by_role("button", name="Reload").click()
    expect(page.get_by_role("button", name="Test input")).to_be_enabled()


@pytest.mark.soak
def test_slow_page_with_progress_is_not_reported_as_stuck(visit, server):
    server.held = "python_stdlib.zip"
    page = visit("")
    expect(page.locator("#loading-bytes")).to_contain_text("MB")
    page.clock.pause_at(page.evaluate("Date.now()") + 1000)  # time lost on a busy machine does not count
    page.clock.fast_forward(TIME_LIMIT - 2_000)
    expect(stuck(page)).to_be_hidden()
    server.let_go.set()
    expect(page.locator("#loading-bytes")).to_contain_text(" of ")  # the sizes of all files are known
    page.clock.fast_forward(TIME_LIMIT - 2_000)
    expect(stuck(page)).to_be_hidden()
