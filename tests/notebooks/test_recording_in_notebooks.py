"""Cells of the real notebook sites record repeatedly.

The tests also check the traces that this leaves in the page, and the end of a kernel or a tab.
"""

from __future__ import annotations

import json
import re

import pytest
from jupyterlite_page import JupyterLite
from marimo_page import LAST_CELL, Marimo
from playwright.sync_api import Locator, Page

from harness.places import PAGE_PROBE, SUPPORT

#: Names of the bridge's channels and locks.
NAME = re.compile(r"mediarecorder-[0-9a-f]{8}-")

FIRST = "first-recording.ipynb"
RECORD = "from mediarecorder import record\nrecording = await record(0.3)\nrecording"
HOLD = "from mediarecorder import record\nrecording = await record(60, video=True)"

in_soak = pytest.mark.soak


@pytest.fixture
def lite(jupyterlite: JupyterLite) -> JupyterLite:
    jupyterlite.page.context.add_init_script(path=PAGE_PROBE)
    return jupyterlite


@pytest.fixture
def edited(marimo: Marimo) -> Marimo:
    marimo.page.context.add_init_script(path=PAGE_PROBE)
    return marimo


def another_tab(lite: JupyterLite) -> JupyterLite:
    return JupyterLite(lite.page.context.new_page(), lite.site)


def until(page: Page, holds: str, seconds: float = 20.0) -> None:
    page.wait_for_function(holds, timeout=seconds * 1000, polling=20)


def must_play(player: Locator) -> None:
    """Check that the player in a cell's output has its file."""
    player.wait_for()
    player.evaluate(
        """(player) => player.readyState ? null : new Promise((resolve, reject) => {
          player.onloadedmetadata = resolve;
          player.onerror = () => reject(new Error(player.error.message));
        })"""
    )


def record_in_a_cell(lite: JupyterLite) -> None:
    cell = lite.run(f"{RECORD[: -len('recording')]}print(recording.size > 0)\nrecording")
    assert lite.errors() == []
    assert lite.printed(cell) == "True\n"
    must_play(lite.output(cell).locator("audio"))


# JupyterLite


DISTRUST = """async () => {
  const { contents } = jupyterapp.serviceManager;
  const { content } = await contents.get("PATH", { content: true });
  for (const cell of content.cells) delete cell.metadata.trusted;
  await contents.save("PATH", { type: "notebook", format: "json", content });
}""".replace("PATH", FIRST)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("served", "trusted"),
    [
        ("plain", False),
        *(
            pytest.param(*kind, marks=in_soak)
            for kind in (("isolated", False), ("plain", True), ("isolated", True))
        ),
    ],
    indirect=["served"],
)
@pytest.mark.console_errors  # the console reports a revoked address
def test_player_in_a_saved_notebook_plays(lite, trusted):
    """JupyterLab sanitizes the output of a notebook from elsewhere."""
    save_and_reopen(lite, trusted)


@in_soak
@pytest.mark.parametrize("served", ["plain"], indirect=True)
@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.console_errors
def test_player_in_a_saved_notebook_plays_in_firefox(launch, notebooks, trusted):
    save_and_reopen(JupyterLite(launch("firefox"), notebooks), trusted)


def save_and_reopen(lite: JupyterLite, trusted: bool) -> None:
    lite.open("lab", FIRST)
    record_in_a_cell(lite)
    long = lite.run("recording.embed_limit = 0\nrecording")
    must_play(lite.output(long).locator("audio"))
    assert lite.output(long).locator("p").is_hidden()
    lite.save()
    if not trusted:
        lite.page.evaluate(DISTRUST)
    lite.page.reload()
    figures = lite.page.locator(".jp-OutputArea figure")
    short, long = figures.nth(0), figures.nth(1)
    long.wait_for()
    must_play(short.locator("audio"))
    assert short.locator("audio").evaluate("(player) => player.currentSrc").startswith("data:")
    assert short.locator("p").is_hidden()
    assert long.locator("p").is_visible()
    assert long.locator("p").text_content() == "Run this cell again to play"


def record_in_three_cells(lite: JupyterLite) -> None:
    for _ in range(3):
        record_in_a_cell(lite)
    until(lite.page, "pageProbe.live() === 0")
    assert len(set(lite.page.evaluate("pageProbe.locks()"))) == 2, "page and kernel hold one lock each"


@pytest.mark.parametrize("served", ["plain"], indirect=True)
def test_jupyterlite_cell_records(shared_notebook):
    record_in_three_cells(shared_notebook)


@in_soak
@pytest.mark.parametrize(
    ("app", "served"),
    [
        *(("lab", "plain"), ("lab", "isolated"), ("notebooks", "isolated")),
        *(("repl", "plain"), ("repl", "isolated")),
    ],
    indirect=["served"],
)
def test_jupyterlite_cell_records_in_every_app(lite, app):
    lite.open(app, FIRST)
    record_in_three_cells(lite)


@in_soak
@pytest.mark.parametrize("served", ["plain", "isolated"], indirect=True)
# A restart revokes the addresses of earlier players. Chromium reports these, and the test checks the reports.
@pytest.mark.console_errors
def test_fifty_jupyterlite_cells_record_in_a_row(lite):
    page = lite.page
    complaints: list[str] = []
    page.on("console", lambda said: said.type == "error" and complaints.append(said.location["url"]))
    lite.open("notebooks", FIRST)
    bygone = ""
    for number in range(50):
        if number and number % 10 == 0:
            bygone = page.evaluate("JSON.stringify(lite.code.map((cell) => lite.outputs(cell)))")
            lite.restart_kernel()
        record_in_a_cell(lite)
    assert page.evaluate("pageProbe.opened()") == 50
    until(page, "pageProbe.live() === 0")
    assert [address for address in complaints if not address or address not in bygone] == []


@in_soak
@pytest.mark.parametrize("served", ["plain", pytest.param("isolated", marks=in_soak)], indirect=True)
def test_restarted_kernel_releases_everything(lite):
    page = lite.open("notebooks", FIRST).page
    lite.start(HOLD)
    until(page, "pageProbe.live() === 2", 60)
    before = set(page.evaluate("pageProbe.locks()"))
    lite.begin_restart()
    until(page, "pageProbe.live() === 0")
    assert before.isdisjoint(page.evaluate("pageProbe.locks()"))
    assert page.evaluate("pageProbe.openChannels()") == []
    lite.end_restart()
    record_in_a_cell(lite)


@in_soak
@pytest.mark.parametrize("served", ["plain"], indirect=True)
def test_connecting_leaves_no_trace_in_the_page(lite):
    page = lite.open("notebooks", FIRST).page
    cell = lite.run(RECORD)
    [script] = page.evaluate("lite.scripts")
    assert NAME.search(script)
    outputs = lite.outputs(cell)
    assert [output["data"] for output in lite.save()["cells"][cell]["outputs"]] == [
        output["data"] for output in outputs
    ]
    everything = [json.dumps(lite.save()), *page.evaluate("pageProbe.texts(window)")]
    assert any("first-recording" in text for text in everything)
    for text in everything:
        assert script not in text
        assert 'import("blob:' not in text.replace("&quot;", '"').replace('\\"', '"')
        assert not NAME.search(text)
    for output in (
        *outputs,
        *(output for cell in lite.save()["cells"] for output in cell.get("outputs", [])),
    ):
        assert "application/javascript" not in output.get("data", {})


REPLAYED = """async ([path, script]) => {
  const { contents } = jupyterapp.serviceManager;
  const { content } = await contents.get("PATH", { content: true });
  const data = { "application/javascript": script };
  const output = { output_type: "display_data", data, metadata: {} };
  const metadata = { trusted: true };
  content.cells.push({ cell_type: "code", execution_count: 1, metadata, outputs: [output], source: "1" });
  await contents.save(path, { type: "notebook", format: "json", content });
}""".replace("PATH", FIRST)


#: The agent waits 30 seconds for its worker; here 1.
IMPATIENT = """
const later = setTimeout;
globalThis.setTimeout = (act, delay, ...rest) => later(act, delay === 30_000 ? 1000 : delay, ...rest);
"""


@in_soak
@pytest.mark.parametrize("served", ["plain"], indirect=True)
# The browser itself reports the revoked address. (An uncaught exception still fails the test.)
@pytest.mark.console_errors
def test_replayed_output_does_nothing(lite):
    page = lite.open("notebooks", FIRST).page
    lite.run(RECORD)
    [script] = page.evaluate("lite.scripts")
    channels = page.evaluate("pageProbe.channels()")

    # Its kernel is still running.
    page.evaluate("script => (0, eval)(script)", script)
    record_in_a_cell(lite)
    assert page.evaluate("pageProbe.channels()") == channels
    assert len(set(page.evaluate("pageProbe.locks()"))) == 2

    page.evaluate(REPLAYED, ["replayed.ipynb", f"globalThis.replayed = true; {script}"])
    page.add_init_script(IMPATIENT)
    lite.open("notebooks", "replayed.ipynb")
    until(page, "globalThis.replayed", 10)
    # Chromium may still have the module in memory after the address is revoked. It gets no answer.
    until(page, "pageProbe.openChannels().length === 0", 10)
    assert page.evaluate("pageProbe.locks()") == []
    record_in_a_cell(lite)
    assert page.evaluate("pageProbe.opened()") == 1
    assert len(page.evaluate("pageProbe.openChannels()")) == 1


@in_soak
@pytest.mark.parametrize("served", ["plain"], indirect=True)
def test_two_views_of_a_notebook_have_one_agent(lite):
    page = lite.open("lab", FIRST).page
    page.evaluate("jupyterapp.commands.execute('docmanager:clone')")
    page.wait_for_function("document.querySelectorAll('.jp-NotebookPanel').length === 2")
    page.evaluate("jupyterapp.commands.execute('docmanager:clone')")
    page.wait_for_function("document.querySelectorAll('.jp-NotebookPanel').length === 3")
    cell = page.evaluate("lite.lastCell()")
    page.evaluate(
        """async (source) => {
          lite.cells.at(-1).model.sharedModel.setSource(source);
          await jupyterapp.commands.execute("notebook:run-cell");
        }""",
        f"{RECORD}\nprint(recording.size > 0)",
    )
    assert lite.errors() == []
    assert lite.printed(cell) == "True\n"
    assert len(page.evaluate("pageProbe.openChannels()")) == 1
    assert len(set(page.evaluate("pageProbe.locks()"))) == 2
    assert page.evaluate("pageProbe.opened()") == 1


# Several tabs of one browser


@in_soak
@pytest.mark.parametrize("served", ["plain"], indirect=True)
def test_closed_tab_releases_everything_and_tabs_stay_separate(lite):
    one, two = lite.open("notebooks", FIRST), another_tab(lite).open("lab", FIRST)
    for tab, seconds in ((one, "60"), (two, "2")):
        tab.start(HOLD.replace("60", seconds))
        until(tab.page, "pageProbe.live() === 2", 60)
    channels = [set(tab.page.evaluate("pageProbe.channels()")) for tab in (one, two)]
    assert [len(names) for names in channels] == [2, 2]
    assert channels[0].isdisjoint(channels[1])
    two.wait()
    assert two.errors() == []
    for tab, names in zip((one, two), channels, strict=True):
        assert {name for name, _ in tab.page.evaluate("pageProbe.messages")} <= names
    assert one.page.evaluate("pageProbe.live()") == 2, "the other tab's end did not affect this one"

    assert len(set(two.page.evaluate("pageProbe.locks()"))) == 4
    one.page.close()
    two.page.wait_for_function("async () => new Set(await pageProbe.locks()).size === 2", timeout=20_000)
    record_in_a_cell(two)


TAKES = """
from mediarecorder import record
sizes = []
for _ in range({count}):
    recording = await record(0.2)
    sizes.append(len(await recording.bytes()))
print(len(sizes), min(sizes) > 0)
"""


@in_soak
@pytest.mark.parametrize("served", ["plain"], indirect=True)
@pytest.mark.parametrize("count", [20])
def test_hostile_page_gets_nothing_and_breaks_nothing(lite, count):
    """It reads the notebook's window and all storage, steals locks, and posts to every channel."""
    page = lite.open("notebooks", FIRST).page
    with page.context.expect_page() as opening:
        page.evaluate("address => void open(address)", f"{lite.site}/index.html")
    hostile = opening.value
    hostile.wait_for_load_state()
    hostile.add_script_tag(path=SUPPORT / "attacker.js", type="module")
    hostile.wait_for_function("globalThis.attacker")
    hostile.evaluate(
        """() => {
          // Both pages share one thread, which the attacker must not block.
          const { texts, locks } = pageProbe;
          attacker.searchAndPost(async () => [...(await texts(opener)), ...(await locks())], 2000);
          attacker.steal(false, 250);
        }"""
    )
    page.bring_to_front()
    cells = [lite.run(TAKES.format(count=5)) for _ in range(count // 5)]
    saved = json.dumps(lite.save())
    hostile.evaluate("saved => void attacker.searchAndPost(async () => [saved], 2000)", saved)
    record_in_a_cell(lite)
    hostile.evaluate("attacker.stop()")
    assert lite.errors() == []
    assert [lite.printed(cell) for cell in cells] == ["5 True\n"] * len(cells)
    names = hostile.evaluate("attacker.names()")
    assert hostile.evaluate("attacker.stolen()") > 5
    assert len(names) > 10
    assert set(names).isdisjoint(page.evaluate("pageProbe.channels()"))
    assert hostile.evaluate("attacker.heard") == []


# marimo


def record_in_a_cell_of_marimo(marimo: Marimo) -> None:
    runs = marimo.start(LAST_CELL, "import mediarecorder as m\ntaken = await m.record(0.3)\ntaken")
    marimo.wait(runs + 1)
    assert marimo.errors() == []
    html = marimo.outputs(LAST_CELL)["data"]
    address = re.search(r"data-url=.?\W?(blob:[^\"\\]+)", html)
    assert address, html
    must_play(marimo.output(LAST_CELL).locator(f'audio[data-url="{address[1]}"][src^="data:"]'))


def open_exported(marimo: Marimo, html: str) -> Page:
    """The exported page, with marimo's own files from the site instead of the network."""
    address = f"{marimo.site}/marimo/exported.html"
    local = re.sub(r"https://[^\"'\s]+/dist/", "./", html)
    opened = marimo.page.context.new_page()
    opened.route(address, lambda route: route.fulfill(body=local, content_type="text/html"))
    opened.goto(address)
    opened.get_by_text("Static marimo notebook").wait_for()
    return opened


@in_soak
@pytest.mark.parametrize("served", ["plain"], indirect=True)
def test_marimo_export_contains_recordings_but_hides_all_outputs(edited):
    """marimo 0.25.2 exports cells without code, and shows only outputs of cells whose code it recognises."""
    page = edited.open("first_recording", "edit").page
    record_in_a_cell_of_marimo(edited)
    edited.command("Export…")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export HTML").click()
    html = download.value.path().read_text()
    assert "opened the microphone, recorded for two seconds" in html
    assert "data:audio/webm" in html
    assert html.count('"code": ""') == html.count('"code": "')
    opened = open_exported(edited, html)
    assert opened.get_by_text("opened the microphone").count() == opened.locator("audio").count() == 0

    opened = open_exported(edited, with_hashes(html))
    opened.get_by_text("opened the microphone").wait_for()
    must_play(opened.locator("audio[src^='data:']"))


def with_hashes(html: str) -> str:
    """The file as it would be if each cell had code."""
    for part in ('"session": ', '"notebook": '):
        before, _, after = html.partition(part)
        content, end = json.JSONDecoder().raw_decode(after)
        for number, cell in enumerate(content["cells"]):
            cell["code_hash"] = str(number)
        html = before + part + json.dumps(content).replace("<", "\\u003C") + after[end:]
    return html


def record_again_and_again(marimo: Marimo, times: int) -> None:
    page = marimo.page
    before = page.evaluate("pageProbe.opened()")
    for _ in range(times):
        record_in_a_cell_of_marimo(marimo)
    assert page.evaluate("pageProbe.opened()") == before + times
    until(page, "pageProbe.live() === 0")
    for text in (json.dumps(page.evaluate("kernel.cells")), *page.evaluate("pageProbe.texts(window)")):
        assert not NAME.search(text)
    assert len(set(page.evaluate("pageProbe.locks()"))) == 2


@pytest.mark.thorough
@pytest.mark.parametrize("served", ["plain"], indirect=True)
def test_marimo_cell_records(shared_marimo):
    record_again_and_again(shared_marimo, 3)


@in_soak
@pytest.mark.parametrize("served", ["plain", "isolated"], indirect=True)
def test_marimo_cell_records_on_every_visit(edited):
    for _ in range(5):
        edited.open("first_recording", "edit")
        record_again_and_again(edited, 10)


@in_soak
@pytest.mark.parametrize("served", ["plain"], indirect=True)
def test_leaving_a_marimo_page_releases_everything(edited):
    page = edited.open("first_recording", "edit").page
    edited.start(LAST_CELL, "import mediarecorder as m\nawait m.record(60, video=True)")
    until(page, "pageProbe.live() === 2", 60)
    assert page.evaluate("async () => new Set(await pageProbe.locks()).size") == 2
    page.goto(f"{edited.site}/index.html")
    page.wait_for_function("async () => (await pageProbe.locks()).length === 0", timeout=20_000)
