"""Live Python: snippets, and visitors' changes to them, run in the page on the existing takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from demo_page import NO_SERVICE_WORKER, Demo
from playwright.sync_api import Page, expect

from harness.fixtures import ENGINES
from harness.lanes import chromium_only, firefox_in_soak

PHONE, DESKTOP = 390, 1440

VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sample }) => {
  violations.push([violatedDirective, blockedURI, sample].join(" "));
});
"""

# The next microphone is a tone of this many hertz.
TONE = """frequency => {
  navigator.mediaDevices.getUserMedia = async () => {
    const context = new AudioContext();
    const tone = new OscillatorNode(context, { frequency });
    const destination = context.createMediaStreamDestination();
    tone.connect(destination);
    tone.start();
    return destination.stream;
  };
}"""


class Live:
    """Drives the section by its visible names."""

    def __init__(self, demo: Demo) -> None:
        self.page = page = demo.page
        self.summary = page.locator("#live > summary")
        section = page.locator("#live")
        self.code = section.get_by_role("textbox")
        self.take = section.get_by_role("combobox")
        self.run, self.stop, self.reset = (page.locator(f"#live-{name}") for name in ("run", "stop", "reset"))
        self.output = section.get_by_role("log")
        self.chart = self.output.get_by_role("img")

    def open(self) -> Live:
        self.summary.click()
        expect(self.code).to_be_visible()
        return self

    def choose(self, snippet: str) -> None:
        self.page.locator("#live").get_by_role("radio", name=snippet).check()

    def run_code(self, code: str) -> None:
        self.page.evaluate("code => { document.querySelector('#live script').code = code; }", code)
        self.run.click()

    def expect_output(self, pattern: str) -> re.Match[str]:
        expect(self.output).to_have_text(re.compile(pattern))
        found = re.search(pattern, self.output.inner_text())
        assert found
        return found


@pytest.fixture
def strict_demo(page: Page, site: str, tmp_path: Path) -> Iterator[Demo]:
    """The demo, whose policy allows no inline style. A violation of the policy fails the test."""
    page.add_init_script(VIOLATIONS)
    yield Demo(page, tmp_path).open(f"{site}/")
    assert page.evaluate("violations") == []


@pytest.fixture
def shared_strict_demo(shared_page, engine: str, site: str, tmp_path: Path) -> Demo:
    """The same in a page that tests share."""

    def begin(page: Page) -> Demo:
        page.add_init_script(VIOLATIONS)
        return Demo(page, tmp_path).open(f"{site}/").remember()

    def tidy(demo: Demo) -> None:
        assert demo.page.evaluate("violations") == []
        demo.tidy()

    demo = shared_page(f"strict demo in {engine}", ENGINES[engine], begin, tidy, **NO_SERVICE_WORKER)
    demo.folder = tmp_path
    return demo


@pytest.fixture
def live(strict_demo: Demo) -> Live:
    return Live(strict_demo)


@pytest.mark.thorough
@firefox_in_soak
def test_editor_is_fetched_when_opened_and_works_by_keyboard(page, site, request):
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    live = Live(request.getfixturevalue("strict_demo"))
    press = page.keyboard.press
    assert [address for address in fetched if re.search("codemirror|/live/|media.js", address)] == []

    live.summary.focus()
    press("Enter")
    expect(live.code).to_be_visible()
    expect(live.code).to_have_accessible_name("Python code")
    expect(live.summary).to_be_focused()

    press("Tab")
    expect(page.get_by_role("radio", name="Loudness")).to_be_focused()
    press("Tab")
    expect(live.code).to_be_focused()
    press("Tab")
    expect(live.code).to_be_focused()
    expect(live.code.locator(".cm-line").first).to_have_text(re.compile("^    # How loud"))
    page.keyboard.type("pri")  # and completions are offered
    expect(page.get_by_role("option", name="print")).to_be_visible()
    press("Escape")
    press("Control+f")
    expect(page.get_by_role("textbox", name="Find")).to_be_focused()
    press("Escape")
    press("Control+Enter")
    live.expect_output(r"^Record something first\.\s*$")
    expect(live.code).to_be_focused()
    expect(live.code).to_have_accessible_name("Python code")
    press("Escape")
    press("Tab")
    expect(live.run).to_be_focused()
    press("Tab")
    expect(live.reset).to_be_focused()
    press("Enter")
    expect(live.code.locator(".cm-line").first).to_have_text(re.compile("^# How loud"))


@pytest.mark.thorough
@firefox_in_soak
def test_snippets_report_loudness_note_and_movement(shared_strict_demo, engine, look):
    demo, live = shared_strict_demo, Live(shared_strict_demo)
    live.open()
    demo.make_take(1)
    live.run.click()
    decibels = float(live.expect_output(r"Loudest after \d+\.\d s: (-\d+\.\d) dBFS")[1])
    assert -40 < decibels < 0
    expect(live.chart).to_have_accessible_name(
        re.compile(r"^Line chart of \d{2,3} values from -\d.* dBFS to -\d.* dBFS over \d+(\.\d)? s$")
    )
    live.choose("Movement")
    live.run.click()
    live.expect_output(r"^This take has no moving picture\.")
    live.choose("Pitch")
    live.run.click()
    assert float(live.expect_output(r"^(\d+\.\d) Hz \(B5 \+2\d cents\)")[1]) == pytest.approx(1000, abs=1)

    frequency, note = 1000, "B5"
    if engine == "chromium":  # Firefox plays nothing without a loudspeaker
        frequency, note = 441, "A4"  # between two steps of the transform
        demo.page.evaluate(f"({TONE})({frequency})")
    demo.make_take(2)
    expect(live.take).to_have_value("Take 2")
    live.run.click()
    found = live.expect_output(rf"^(\d+\.\d) Hz \({note} [+-]\d+ cents\)")
    assert float(found[1]) == pytest.approx(frequency, abs=0.3)
    live.take.select_option("Take 1")
    live.run.click()
    live.expect_output(r"^\d+\.\d Hz \(B5")

    demo.page.evaluate("delete navigator.mediaDevices.getUserMedia")
    demo.choose("Camera")
    demo.start_take("0:02")
    demo.stop.click()
    expect(demo.take(3)).to_be_visible()
    expect(live.take).to_have_value("Take 1")  # as it was selected
    live.take.select_option("Take 3")
    live.choose("Movement")
    live.run.click()
    live.expect_output(r"\d+ pictures; most movement after \d+\.\d s")
    label = live.chart.get_attribute("aria-label")
    most = re.search(r"from 0\S* % to (\d\S*) % over \d+", label)
    assert most, label
    assert float(most[1]) > (10 if engine == "chromium" else 0)  # the colour of Firefox's camera fades

    demo.choose_entry("Delete", 3)
    expect(live.take).to_have_value("Take 2")
    live.choose("Loudness")
    live.run.click()
    live.expect_output("dBFS")
    # In Firefox, Playwright's screenshots need an inline style, which the policy forbids.
    schemes = ("light", "dark") if engine == "chromium" else ()
    for width in (PHONE, DESKTOP):
        demo.page.set_viewport_size({"width": width, "height": 900})
        assert demo.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
        for scheme in schemes:
            demo.page.emulate_media(color_scheme=scheme)
            look(demo.page, f"live-{width}-{scheme}")


@pytest.mark.thorough
@firefox_in_soak
def test_spectrum_moves_while_a_tone_is_heard(strict_demo, engine, look):
    demo, live = strict_demo, Live(strict_demo)
    live.open()
    live.choose("Live spectrum")
    live.run.click()
    if engine == "firefox":  # it plays nothing without a loudspeaker
        live.expect_output("NotReadableError: .* audio output")
        return
    expect(live.output).to_have_attribute("aria-busy", "true")
    # The nearest of its tones to the microphone's 1000 Hz.
    live.expect_output(r"dB\s*[1-9]\.\d s: strongest at 1008 Hz\s*$")
    expect(live.chart).to_have_count(1)
    expect(live.chart).to_have_accessible_name("Line chart of 32 values from -80 dB to 0 dB")
    look(demo.page, "live-spectrum")
    live.stop.click()
    live.expect_output(r"Stopped\.\s*$")
    expect(live.output).to_have_attribute("aria-busy", "false")
    demo.expect_released()


@pytest.mark.thorough
@firefox_in_soak
def test_movement_becomes_a_take(strict_demo, engine):
    demo, live = strict_demo, Live(strict_demo)
    live.open()
    live.choose("Motion detector")
    code = demo.page.evaluate("document.querySelector('#live script').code")
    assert code.count("now >= 10") == 2
    live.run_code(code.replace("now >= 10", "now >= 2"))
    if engine == "firefox":  # the picture of its camera hardly changes
        live.expect_output("something moves|^Done")
    else:
        live.expect_output(r"\d\.\d s: something moves\s+2\.\d s: it was still\s*$")
        live.take.select_option("Movement")
        live.choose("Movement")
        live.run.click()
        live.expect_output(r"\d+ pictures; most movement after \d+\.\d s")
    demo.expect_released()


@pytest.mark.thorough
@firefox_in_soak
def test_tones_and_pictures_from_numbers_become_takes(strict_demo, engine):
    live = Live(strict_demo)
    live.open()
    live.choose("Sine generator")
    live.run.click()
    # (Firefox plays nothing without a loudspeaker.)
    live.expect_output(r"1\.5 s were played" if engine == "chromium" else "NotReadableError")
    live.take.select_option("Tones")
    live.choose("Pitch")
    live.run.click()
    assert float(live.expect_output(r"^(\d+\.\d) Hz \(")[1]) == pytest.approx(440, abs=1)
    live.choose("Animation")
    live.run.click()
    live.expect_output(r"^4\.0 s, \d+ kB\s*$")
    live.take.select_option("Animation")
    live.choose("Movement")
    live.run.click()
    live.expect_output(r"120 pictures; most movement")


@pytest.mark.thorough
@firefox_in_soak
def test_users_code_runs_in_the_page_without_changing_it(shared_strict_demo):
    demo, page, live = shared_strict_demo, shared_strict_demo.page, Live(shared_strict_demo)
    demo.make_take()
    live.open()
    console: list[str] = []
    page.on("console", lambda message: console.append(message.text))

    live.run_code(
        "import asyncio\nawait asyncio.sleep(0)\nmine = 1\nprint('a', take.is_video, sep='<b>')\n6 * 7"
    )
    live.expect_output(r"^a<b>False\s+42\s*$")
    live.run_code("mine")
    live.expect_output(r"NameError: name 'mine' is not defined")
    live.run_code("def half(number):\n    return number / 0\n\nhalf(1)")
    said = live.expect_output(r"ZeroDivisionError").string
    assert [line for line in said.splitlines() if "File" in line] == [
        '  File "loudness.py", line 4, in <module>',
        '  File "loudness.py", line 2, in half',
    ]
    assert "    return number / 0" in said
    live.run_code("if:")
    live.expect_output(r'File "loudness\.py", line 1\s+if:\s+\^\s+SyntaxError: invalid syntax\s*$')
    live.run_code("raise SystemExit")
    live.expect_output(r"SystemExit\s*$")
    live.run_code("mine = 1")
    live.expect_output(r"^Done, without output\.\s*$")
    live.run_code("chart([1, float('nan'), '<b>3'])")
    live.expect_output("ValueError: could not convert")
    live.run_code("chart([1, float('inf'), 3], unit='<b>')")
    expect(live.chart).to_have_accessible_name("Line chart of 3 values from 1 <b> to 3 <b>")
    assert console == []

    live.run_code(
        "import asyncio, time\nprint('begun at', time.time())\nwhile True:\n    await asyncio.sleep(0.01)"
    )
    begun = live.expect_output(r"^begun at \d+[\d.]+\s*$")[0].strip()
    live.run.click(force=True)
    live.stop.click()
    live.expect_output(rf"^{begun}\s+Stopped\.\s*$")
    expect(live.stop).to_be_hidden()
    expect(live.run).to_be_focused()

    live.run_code("for n in range(3000):\n    print(n)")
    live.expect_output("2999")
    assert "\n999\n" not in live.output.inner_text()

    live.choose("Pitch")
    expect(live.code).to_contain_text("# Which note is it?")
    live.choose("Loudness")
    expect(live.code).to_contain_text("range(3000)")
    live.reset.click()
    expect(live.code).to_contain_text("# How loud is it?")

    def run_often(times: int) -> None:
        for number in range(times):
            live.run_code(
                "import gc\ngc.collect()\n"
                "async for block in take.sample_blocks(0.1):\n    chart([1, 2])\n    break\n"
                f"print('run {number}')\n1 / 0"
            )
            live.expect_output(f"run {number}[^$]*ZeroDivisionError")
        expect(live.stop).to_be_hidden()

    run_often(3)
    few = page.evaluate("pageProbe.proxies()")
    run_often(20)
    page.wait_for_function("few => pageProbe.proxies() < few + 10", arg=few)
    demo.make_take(2)


@pytest.mark.thorough
@pytest.mark.console_errors
@chromium_only
def test_editor_load_failure_is_localised_and_retryable(strict_demo, live):
    page = strict_demo.page
    page.get_by_label("Language").select_option("Deutsch")
    page.route("**/codemirror*", lambda route: route.abort())
    live.summary.click()
    live.expect_output(r"^Der Editor konnte nicht geladen werden\.")

    page.unroute("**/codemirror*")
    live.summary.click()
    live.summary.click()
    expect(live.code).to_be_visible()
    expect(live.run).to_have_text("Ausführen")
    live.run.click()
    live.expect_output(r"^Bitte zuerst etwas aufnehmen\.\s*$")
    page.get_by_role("button", name="Aufnehmen", exact=True).click()
    strict_demo.record_until("0:01")
    page.get_by_role("button", name="Stopp", exact=True).click()
    expect(page.get_by_role("heading", name="Aufnahme 1", exact=True)).to_be_visible()
    live.run_code("chart([1.5, 2], unit='m', seconds=2)")
    expect(live.chart).to_have_accessible_name("Liniendiagramm mit 2 Werten von 1,5 m bis 2 m über 2 s")


@pytest.mark.thorough
@chromium_only
def test_section_opened_while_python_loads_is_filled_later(page: Page, site, tmp_path):
    page.route("**/main.py", lambda route: (page.locator("#live > summary").click(), route.continue_()))
    demo = Demo(page, tmp_path).open(f"{site}/")

    expect(Live(demo).code).to_be_visible()
