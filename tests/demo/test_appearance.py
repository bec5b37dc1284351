"""The page's appearance and accessibility: sizes, colours, languages, keyboard, screen readers."""

from __future__ import annotations

import ast
import doctest
import re
import sys
import types

import pytest
from demo_page import SEEN_THOUGH_HIDDEN
from playwright.sync_api import expect

from harness.lanes import chromium_only, firefox_in_soak
from harness.places import ROOT

SMALL_PHONE, PHONE, TABLET, DESKTOP = 320, 390, 820, 1440

OVERLAPS = """() => {
  // Buttons, fields and links that cover each other. (The message about deleted takes lies over the page.)
  const selector = "main :is(button, select, input:not([type=radio]), summary, audio, h2, h3):not(.toast *)";
  const seen = [...document.querySelectorAll(selector)].filter((element) => element.checkVisibility());
  const inPlace = seen.filter((element) => !element.closest(".deck")); // always in sight
  const boxes = inPlace.map((element) => [element, element.getBoundingClientRect()]);
  const covers = (a, b) =>
    a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  return boxes.flatMap(([one, a], place) => boxes.slice(place + 1)
    .filter(([other, b]) => !one.contains(other) && !other.contains(one) && covers(a, b))
    .map(([other]) => `${one.outerHTML.slice(0, 80)} | ${other.outerHTML.slice(0, 80)}`));
}"""


def in_soak(*values):
    return pytest.param(*values, marks=pytest.mark.soak)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("engine", "thorough"), [("chromium", False), in_soak("chromium", True), in_soak("firefox", True)]
)
def test_every_state_looks_right_at_all_sizes_in_both_themes(fresh_demo, engine, thorough, look):
    """Check for overflow, overlap and violations that axe-core finds; save pictures to look at.

    Unless `thorough` is set, the light theme is checked at the smallest size and the dark one at the largest.
    """
    demo, page = fresh_demo, fresh_demo.page
    schemes = ("light", "dark") if engine == "chromium" else ("light",)  # Playwright cannot darken Firefox
    page.emulate_media(reduced_motion="reduce")

    def expect_right(state: str) -> None:
        for width in (PHONE, TABLET, DESKTOP):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{state} at {width}"
            assert page.evaluate(OVERLAPS) == [], f"{state} at {width}"
            assert page.evaluate(SEEN_THOUGH_HIDDEN) == [], f"{state} at {width}"
            for scheme in schemes:
                if not thorough and (width, scheme) not in ((PHONE, "light"), (DESKTOP, "dark")):
                    continue
                page.emulate_media(color_scheme=scheme)
                if width != TABLET:
                    assert demo.violations() == [], f"{state} at {width}, {scheme}"
                look(page, f"{state}-{width}-{scheme}")

    expect_right("idle")
    demo.set_long_countdown()
    expect_right("settings")
    demo.choose("Camera")
    demo.record.click()
    expect(page.locator("#countdown")).to_be_visible()
    page.evaluate("document.getElementById('countdown').style.animation = 'none'")
    assert demo.violations() == []
    look(page, "countdown")
    page.get_by_role("button", name="Cancel").click()
    demo.set("Countdown", "None")
    page.locator("#settings summary").click()
    demo.preview.click()
    expect(demo.close_preview).to_be_visible()
    expect_right("preview")
    demo.start_take()
    demo.pause.click()
    expect_right("paused")
    demo.stop.click()
    demo.expect_seekable(1)
    demo.choose("Microphone")
    demo.start_take()
    expect_right("recording-microphone")
    if engine == "chromium":
        page.evaluate(
            """() => {
              const [track] = pageProbe.streams.at(-1).getTracks();
              track.stop();
              track.dispatchEvent(new Event("ended"));
            }"""
        )
        expect(page.get_by_role("region", name="The microphone is gone")).to_be_visible()
        expect_right("lost")
        page.get_by_role("button", name="End here").click()
    else:
        demo.stop.click()
    expect(demo.take(2)).to_be_visible()
    demo.choose_entry("Select a part", 2)
    expect(demo.take(2).locator(".timeline [part~=region]")).to_be_visible()
    demo.choose_entry("Rename", 1)
    expect_right("takes")
    demo.choose_entry("Select a part", 1)
    page.get_by_role("button", name="Select", exact=True).click()
    page.get_by_role("button", name="Select all").click()
    expect_right("selected")
    page.get_by_role("button", name="Done").click()
    demo.open_menu(2)  # which covers other buttons
    assert demo.violations() == []
    look(page, "menu")
    page.keyboard.press("Escape")
    page.locator("#live > summary").click()
    expect(page.get_by_role("textbox", name="Python code")).to_be_visible()
    page.locator("#live-run").click()
    expect(page.locator("#live-output svg")).to_be_visible()
    expect_right("live")
    page.locator("#live > summary").click()
    demo.set("Space for all takes (MB)", "50")
    demo.choose_entry("Delete", 2)
    expect(demo.undo).to_be_visible()
    expect_right("deleted")
    demo.refuse("NotReadableError")
    demo.record.click()
    expect(demo.problem).to_be_visible()
    expect_right("problem")
    page.locator("#problem-text").evaluate("text => { text.textContent = 'x'.repeat(300); }")
    expect_right("long-problem")


@pytest.mark.thorough
@firefox_in_soak
def test_everything_works_by_keyboard(fresh_demo):
    demo, page = fresh_demo, fresh_demo.page
    press = page.keyboard.press
    press("Tab")
    expect(page.get_by_role("button", name="Run your own")).to_be_focused()
    press("Tab")
    expect(page.get_by_role("button", name="Keys")).to_be_focused()
    press("Tab")
    expect(page.get_by_label("Language")).to_be_focused()
    press("Tab")
    expect(page.get_by_role("radio", name="Microphone", exact=True)).to_be_focused()
    press("ArrowRight")
    expect(page.get_by_role("radio", name="Camera")).to_be_checked()
    press("ArrowLeft")
    press("Tab")
    expect(demo.record).to_be_focused()
    outline = demo.record.evaluate("button => getComputedStyle(button).outlineWidth")
    assert float(outline.removesuffix("px")) >= 2, "the focus can be seen"
    press("Enter")

    expect(demo.stop).to_be_focused()
    demo.record_until("0:01")
    press("Tab")
    expect(demo.pause).to_be_focused()
    press("Space")
    expect(demo.resume).to_be_visible()
    expect(demo.stop).to_be_focused()
    press("Tab")
    expect(demo.resume).to_be_focused()
    press("Shift+Tab")
    press("Space")

    expect(demo.take(1)).to_be_visible()
    expect(demo.record).to_be_focused()
    sound, settings = page.locator("#sound summary"), page.locator("#settings summary")
    for place in (demo.preview, demo.microphone, sound, settings):
        press("Tab")
        expect(place).to_be_focused()
    for name in ("Play", "Download", "More"):
        for _ in range(10):
            press("Tab")
            if demo.button(name, 1).evaluate("button => button === document.activeElement"):
                break
        expect(demo.button(name, 1)).to_be_focused()
    press("Enter")
    expect(page.get_by_role("menuitem").first).to_be_focused()
    press("End")
    expect(page.get_by_role("menuitem", name="Delete")).to_be_focused()
    press("Enter")
    expect(demo.take(1)).to_have_count(0)
    expect(demo.undo).to_be_focused()
    press("Enter")
    expect(demo.take(1)).to_be_visible()
    expect(demo.button("Download", 1)).to_be_focused()


WORDS = (ROOT / "static/demo/words.js").read_text()
TABLE = dict(re.findall(r'^  "((?:[^"\\]|\\.)+)": "((?:[^"\\]|\\.)*)",$', WORDS, re.M))
SEEN_TEXTS = """() => {
  // All visible and spoken texts, except for names of devices and languages, and programs.
  const left_out =
    "script, style, template, noscript, pre, #language, #camera option, #microphone option, #live-editor";
  const texts = [document.title];
  for (const element of document.body.querySelectorAll("*")) {
    if (element.closest(left_out) || !(element.closest("option") ?? element).checkVisibility?.()) continue;
    for (const name of ["aria-label", "placeholder"]) texts.push(element.getAttribute(name));
    for (const node of element.childNodes) if (node instanceof Text) texts.push(node.data);
  }
  return texts.filter(Boolean).map((text) => text.trim().replace(/\\s+/g, " ")).filter(Boolean);
}"""


def words_in(texts) -> set[str]:
    return {word.lower() for text in texts for word in re.findall(r"[A-Za-zÄÖÜäöüß]{2,}", text)}


#: Words that only English has. Some names are unchanged in German texts, "take" among them.
ENGLISH = words_in(key for key, value in TABLE.items() if key != value) - words_in(TABLE.values()) | {"take"}


def expect_german(page) -> None:
    texts = page.evaluate(SEEN_TEXTS)
    assert len(texts) > 20
    english = {
        text: found for text in texts if text not in TABLE.values() and (found := words_in([text]) & ENGLISH)
    }
    assert english == {}


@pytest.mark.thorough
@firefox_in_soak
def test_page_remembers_english_or_german(demo, look):
    page = demo.page
    demo.make_take()
    page.get_by_label("Language").select_option("Deutsch")
    expect(page.get_by_role("button", name="Aufnehmen", exact=True)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page).to_have_title("Rekorder")
    more = page.get_by_role("button", name="Mehr Aufnahme 1", exact=True)
    more.click()
    expect(page.get_by_role("menuitem", name="Löschen")).to_be_visible()
    expect_german(page)
    page.keyboard.press("Escape")
    expect(page.get_by_label("Wiedergabe von Aufnahme 1")).to_be_attached()
    expect(page.get_by_label("Dieses Mikrofon")).to_be_visible()
    expect_german(page)
    page.set_viewport_size({"width": PHONE, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    look(page, "german")

    page.reload(wait_until="commit")
    expect(page.get_by_role("button", name="Aufnehmen", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="Rekorder")).to_be_visible()
    expect(page.locator("#open-preview")).to_be_enabled()
    page.locator("#settings summary").click()
    more.click()
    page.get_by_role("menuitem", name="Teil auswählen").click()
    page.get_by_role("button", name="Auswahl behalten").click()
    part = page.get_by_role("heading", name="Aufnahme 1 (geschnitten)", exact=True)
    expect(part).to_be_visible()
    expect(page.get_by_text("Aufnahme 1 (geschnitten) ist fertig.")).to_be_visible()
    expect_german(page)
    demo.record.or_(page.locator("#record")).click()
    expect(page).to_have_title("● Nimmt auf – Rekorder")
    expect_german(page)
    page.locator("#stop").click()
    expect(page.get_by_role("heading", name="Aufnahme 2", exact=True)).to_be_visible()
    expect_german(page)
    page.get_by_role("button", name="Mehr Aufnahme 2", exact=True).click()
    page.get_by_role("menuitem", name="Löschen").click()
    expect(page.get_by_text("Aufnahme 2 ist gelöscht.")).to_be_visible()
    demo.refuse("NotReadableError")
    page.get_by_role("button", name="Aufnehmen", exact=True).click()
    expect(demo.problem).to_contain_text("Der Browser kann das Mikrofon gerade nicht benutzen")
    expect_german(page)
    page.get_by_label("Sprache").select_option("English")
    expect(page.get_by_role("button", name="Record", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="More Take 1", exact=True)).to_be_visible()
    expect(page.get_by_text("Take 2 is deleted.")).to_be_visible()
    expect(page).to_have_title("Recorder")


CUT = """() => [...document.querySelectorAll("button, summary, h2, label:not(.take-seek), .sources span")]
  .filter((element) => element.checkVisibility({ visibilityProperty: true }))
  .filter((element) => !element.closest(".unseen"))
  .filter((element) => {
    const { left, right } = element.getBoundingClientRect();
    const place = element.parentElement.getBoundingClientRect();
    // An inline element has no width of its own.
    const isCut = element.clientWidth && element.scrollWidth > element.clientWidth + 1;
    return isCut || left < place.left - 1 || right > place.right + 1;
  })
  .map((element) => element.outerHTML.slice(0, 80))"""


SHOWS_ITS_CHOICE = """(select) => {
  const context = new OffscreenCanvas(1, 1).getContext("2d");
  const { font, paddingLeft, paddingRight } = getComputedStyle(select);
  context.font = font;
  const room = select.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
  return room + 1 >= context.measureText(select.selectedOptions[0].label).width;
}"""


LINES = """(element) => {
  const range = document.createRange();
  range.selectNodeContents(element);
  return new Set([...range.getClientRects()].map(({ top }) => top)).size;
}"""


@pytest.mark.thorough
@firefox_in_soak
@pytest.mark.parametrize("language", ["Deutsch", "English"])
def test_no_text_of_a_heading_or_button_is_cut_on_phones(demo, language, look):
    page = demo.page
    page.get_by_label("Language").select_option(language)
    record, stop = page.locator("#record"), page.locator("#stop")

    def expect_whole(state: str) -> None:
        for width in (SMALL_PHONE, PHONE):
            page.set_viewport_size({"width": width, "height": 664})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{state} at {width}"
            assert page.evaluate(CUT) == [], f"{state} at {width}"
            assert page.locator("#language").evaluate(SHOWS_ITS_CHOICE), f"{state} at {width}"
            look(page, f"{state}-{width}-{language}")

    for source in ("camera", "screen", "microphone"):
        page.locator(f"label:has([value={source}])").click()
        expect_whole(f"idle-{source}")
    page.set_viewport_size({"width": SMALL_PHONE, "height": 664})
    assert page.locator("h1").evaluate(LINES) == 1
    demo.preview.click()
    expect(demo.close_preview).to_be_visible()
    expect_whole("preview")
    record.click()
    expect(stop).to_be_enabled()
    expect_whole("recording")
    place = stop.bounding_box()
    page.locator("#pause").click()
    expect(page.locator("#resume")).to_be_visible()
    assert stop.bounding_box() == place
    expect_whole("paused")
    stop.click()
    expect(demo.takes).to_have_count(1)
    expect(record).to_be_enabled()
    expect_whole("take")


@chromium_only
def test_first_visit_uses_the_browsers_language(page, site):
    visitor = page.context.browser.new_context(locale="de-DE").new_page()
    visitor.goto(f"{site}/", wait_until="commit")
    expect(visitor.get_by_role("button", name="Aufnehmen", exact=True)).to_be_visible()
    visitor.context.close()


def said_by_python() -> set[str]:
    """Texts of more than one word, and arguments of `say`; but not texts for the browser's console only."""
    said = set()
    for file in (ROOT / "py" / "demo").glob("*.py"):
        unseen: set[ast.AST] = set()
        for node in ast.walk(ast.parse(file.read_text())):  # surrounding texts come before the nested ones
            match node:
                case (
                    ast.Expr(value=ast.Constant())
                    | ast.Raise()
                    | ast.Call(func=ast.Attribute(value=ast.Name(id="console")))
                ):
                    unseen |= set(ast.walk(node))
                case ast.Call(
                    func=ast.Attribute(attr="say") | ast.Name(id="say"), args=[ast.Constant() as text]
                ):
                    said.add(text.value)
                case ast.Constant(value=str(text)) if re.match(r"[A-Z][\w’]*,? [\w’{]", text):
                    said |= set() if node in unseen else {text}
    return said


def said_by_javascript() -> set[str]:
    said = set()
    for file in (ROOT / "static/demo").glob("*.js"):
        if file.name != "words.js":
            said |= set(
                re.findall(
                    r'(?:\b(?:tell|fail|say)\(|words: |textContent = )"([A-Z][^"]+)"', file.read_text()
                )
            )
    return said


def said_by_the_page() -> set[str]:
    markup = re.sub(
        r"<!--.*?-->|<(script|style|title).*?</\1>", "", (ROOT / "index.html").read_text(), flags=re.S
    )
    markup = re.sub(r'<(\w+)[^>]*translate="no"[^>]*>.*?</\1>', "", markup, flags=re.S)
    said = {" ".join(text.split()) for text in re.findall(r">([^<]*[A-Za-z][^<]*)<", markup)}
    return {text.replace("&nbsp;", "") for text in said} | set(
        re.findall(r'(?:aria-label|placeholder)="([^"]+)"', markup)
    )


def test_every_text_has_a_german_translation():
    """The table has every text of the markup, and every text of Python or JavaScript."""
    same = {
        "0 kB",
        "480p",
        "720p (HD)",
        "1080p (Full HD)",
        "2160p (4K)",
        "Live Python",
        "Animation",
        "0 dB",
        "?",
    }
    python, javascript, markup = said_by_python(), said_by_javascript(), said_by_the_page()
    assert min(map(len, (python, javascript, markup))) >= 8
    assert (python | javascript | markup) - TABLE.keys() - same - {""} == set()
    unsaid = {key for key, value in TABLE.items() if not value or value == key} - {
        "Countdown",
        "Name",
        "Pause",
        "Standard",
    }
    assert unsaid == set()


def test_doctests_of_the_page_texts_pass(monkeypatch):
    """Lengths are truncated and never rounded up; codecs keep one order."""
    monkeypatch.setitem(sys.modules, "js", types.ModuleType("js"))
    monkeypatch.delitem(sys.modules, "demo.words", raising=False)
    from demo import words

    assert doctest.testmod(words) == (0, 9)


@pytest.mark.thorough
@chromium_only  # Playwright cannot ask Firefox for less motion
def test_reduced_motion_setting_is_respected(demo):
    demo.page.emulate_media(reduced_motion="reduce")
    demo.start_take()
    moving = demo.page.evaluate("document.getAnimations().length")
    assert moving == 0
    demo.stop.click()
    expect(demo.take(1)).to_be_visible()


@firefox_in_soak
def test_state_is_announced_to_screen_readers(demo):
    """Changing texts are in live regions."""
    live = demo.page.evaluate(
        "Object.fromEntries(['status', 'problem', 'loading-stage', 'lost-title', 'countdown', 'update']"
        ".map((id) => [id, document.getElementById(id).getAttribute('role')]))"
    )
    assert live == {
        "status": "status",
        "problem": "alert",
        "loading-stage": "status",
        "lost-title": "alert",
        "countdown": "timer",
        "update": "status",
    }
    demo.make_take()
    expect(demo.status).to_have_text("Take 1 is ready.")
