"""The folder of `make site`: on a plain host below a path, offline, and through updates."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from demo_page import Demo
from playwright.sync_api import Locator, Page, expect

import page_files
import static_site
from harness.judge import probe, tone
from harness.lanes import chromium_only, firefox_in_soak
from serve import Site

BELOW = "some/where"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


class Host:
    """Python's own file server, which sends none of our headers. It can stop, and restart at its address."""

    def __init__(self, folder: Path) -> None:
        self.site = folder / BELOW
        self._handler = functools.partial(Quiet, directory=str(folder))
        self._port = 0
        self.start()

    @property
    def url(self) -> str:
        return f"http://localhost:{self._port}/{BELOW}/"

    @property
    def version(self) -> str:
        return self._list["version"]

    @property
    def _list(self) -> dict[str, Any]:
        text = (self.site / page_files.LIST).read_text()
        return json.loads(text.removeprefix("self.PRECACHE = ").rstrip(";\n"))

    def start(self) -> None:
        self._server = Site(self._port, self._handler)
        self._port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def publish(self, version: str) -> None:
        """Install another version, which an element of the page identifies."""
        page = self.site / "index.html"
        named = re.sub(r'<html( data-version="\w+")?', f'<html data-version="{version}"', page.read_text())
        page.write_text(named)
        names = ("index.html" if name == "./" else name for name in self._list["files"])
        page_files.write_list(self.site, list(names))


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built") / "site"
    static_site.build(folder)
    return folder


@pytest.fixture
def host(built: Path, tmp_path: Path) -> Iterator[Host]:
    folder = tmp_path / "host"
    shutil.copytree(built, folder / BELOW, copy_function=shutil.copyfile)  # dated now, as if just uploaded
    host = Host(folder)
    yield host
    host.stop()


@pytest.fixture
def page(launch: Callable[..., Page], engine: str) -> Page:
    """A page that may have a service worker."""
    return launch(engine)


@pytest.fixture
def visit(page: Page, tmp_path: Path):
    """``visit(address)``: one more tab of the same browser, with the page ready in it."""
    tabs = [page]

    def visit(address: str) -> Demo:
        tab = tabs.pop() if tabs else page.context.new_page()
        return Demo(tab, tmp_path).open(address)

    return visit


def expect_cached(demo: Demo) -> None:
    expect(demo.page.locator("html[data-offline=ready]")).to_be_attached()


def expect_version(demo: Demo, version: str) -> None:
    expect(demo.page.locator(f"html[data-version='{version}']")).to_be_attached()


def update(demo: Demo) -> Locator:
    return demo.page.locator("#update")


def caches(demo: Demo) -> list[str]:
    return demo.page.evaluate("caches.keys()")


@pytest.mark.thorough
@firefox_in_soak
def test_site_records_below_a_path_and_offline_after_a_visit(page, host, visit):
    """The page makes no request to another host."""
    said, asked, refused = [], [], []
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("request", lambda request: asked.append(request.url))
    page.on("response", lambda response: response.status >= 400 and refused.append(response.url))
    demo = visit(host.url)
    expect_cached(demo)
    demo.make_take()

    found = probe(demo.content(1))
    assert found["errors"] == []
    assert [stream["kind"] for stream in found["streams"]] == ["audio"]
    [channel, *_] = tone(demo.content(1))
    assert channel["frequency"] == pytest.approx(1000, abs=5)
    assert [address for address in asked if not address.startswith((host.url, f"blob:{host.url[:21]}"))] == []
    assert refused == []
    assert said == ["debug: [pyscript/main] PyScript Ready"]
    host.stop()

    demo = visit(f"{host.url}index.html?from=a-bookmark#takes")
    demo.make_take(2)
    demo.expect_seekable(2)
    player = demo.player(2)
    player.evaluate("player => { player.muted = true; return player.play(); }")
    demo.page.wait_for_function("player => player.currentTime > 0.2", arg=player.element_handle())
    assert tone(demo.content(2))
    assert caches(demo) == [f"mediarecorder {host.url} {host.version}"]
    host.start()


@pytest.mark.thorough
@firefox_in_soak
def test_new_version_is_announced_and_loaded_only_on_request(host, visit):
    host.publish("one")
    expect_cached(visit(host.url))
    first = visit(host.url)
    first.start_take()
    host.publish("two")
    second = visit(host.url)
    expect_version(second, "one")
    expect(update(second)).to_be_visible()
    expect(update(first)).to_have_css("display", "none")  # it waits for the end of the take
    second.let_pass(1)
    assert len(caches(second)) == 2, "tabs of the old version keep the files that they may need"

    second.page.locator("#update-now").click()
    expect_version(second, "two")
    expect(second.record).to_be_enabled()
    expect(update(second)).to_be_hidden()
    assert caches(second) == [f"mediarecorder {host.url} {host.version}"]

    first.stop.click()
    expect(first.take(1)).to_be_visible()
    expect_version(first, "one")
    expect(update(first)).to_be_visible()
    first.page.locator("#update-now").click()
    expect_version(first, "two")


# A check requested while another ends may join that one, and find nothing.
SETTLED = """async () => {
  const registration = await navigator.serviceWorker.ready;
  for (let times = 0; times < 100; times += 1) {
    await registration.update();
    const worker = registration.installing ?? registration.waiting;
    while (worker?.state === "installing") {
      await new Promise((done) => worker.addEventListener("statechange", done, { once: true }));
    }
    if (worker) return worker.state;
    await new Promise((done) => setTimeout(done, 200));
  }
}"""


@pytest.mark.thorough
@pytest.mark.console_errors  # Chromium's own: the hash differs
@chromium_only
def test_incomplete_version_is_not_stored(host, visit):
    demo = visit(host.url)
    expect_cached(demo)
    kept = caches(demo)
    host.publish("two")
    style = host.site / "static/demo/style.css"
    right = style.read_bytes()
    style.write_text("/* of a third version */")

    assert demo.page.evaluate(SETTLED) == "redundant"
    assert update(demo).is_hidden()
    assert kept[0] in caches(demo)
    style.write_bytes(right)
    later = time.time() + 60  # the host says "not modified" unless the file is newer than the copy
    os.utime(style, (later, later))
    assert demo.page.evaluate(SETTLED) == "installed"
    expect(update(demo)).to_be_visible()


@pytest.mark.thorough
@chromium_only
def test_page_does_not_hide_another_program_at_its_port(host, visit):
    demo = visit(host.url)
    expect_cached(demo)
    shutil.rmtree(host.site)
    host.site.mkdir()
    (host.site / "index.html").write_text(
        "<!doctype html><link rel=icon href=data:,><title>Another program</title>"
    )

    demo.page.goto(f"{host.url}?not=in-the-browser's-own-cache")
    expect(demo.page).to_have_title("Another program")
    assert caches(demo) == []
    assert demo.page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0


@pytest.mark.thorough
@chromium_only
def test_page_of_make_demo_is_stored_with_its_headers(site, visit):
    demo = visit(f"{site}/")
    expect_cached(demo)
    demo.page.context.set_offline(True)
    demo.page.reload(wait_until="commit")
    assert demo.page.evaluate("crossOriginIsolated")
