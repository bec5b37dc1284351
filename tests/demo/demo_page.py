"""Drives the demo page by its visible names."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

from playwright.sync_api import Locator, Page, TimeoutError, expect

from harness.accessibility import violations
from harness.places import PAGE_PROBE

# PyScript runs this in the namespace of main.py.
TIDY = """
from demo import deleted, interrupted, kept, page, shelf, takes

assert page.state in ("idle", "preview"), f"a test has left the page in the state {page.state}"
rest()
if store := await kept.store():
    await store.clear()
    await interrupted.look()
if deleted._waiting:
    deleted._waiting.cancel()
for card in shelf.going.values():
    card.close()
shelf.going.clear()
page.find("toast").hidden = True
takes.latest.clear()
shelf.made, session = 0, None
page.measure(0, 0)
for place in ("status", "shelf-status", "problem-title", "problem-text", "check-said"):
    page.tell("", place)
page.find("problem").hidden = True
await takes.show_space()
"""
RUN = """source => new Promise((resolve, reject) => {
  const script = document.createElement("script");
  Object.assign(pageProbe, { done: resolve, failed: (words) => reject(new Error(words)) });
  script.type = "py";
  script.textContent = `import js
try:
${source.replaceAll(/^/gm, "    ")}
    js.pageProbe.done()
except Exception as error:
    js.pageProbe.failed(repr(error))`;
  document.body.append(script);
}).finally(() => document.querySelector("body > script[type=py]:last-of-type").remove())"""
# Resets every choice.
CHOOSE_NOTHING = """(globals) => {
  history.replaceState(null, "", location.pathname);
  for (const field of document.querySelectorAll("select, input")) {
    const before = [field.value, field.checked];
    if (field instanceof HTMLSelectElement) {
      field.selectedIndex = Math.max(0, [...field.options].findIndex((option) => option.defaultSelected));
    } else if (["radio", "checkbox"].includes(field.type)) field.checked = field.defaultChecked;
    else field.value = field.defaultValue;
    if (String(before) !== String([field.value, field.checked])) {
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }
  for (const option of document.querySelectorAll("option[data-was]")) option.value = option.dataset.was;
  for (const details of document.querySelectorAll("details")) details.open = false;
  document.getElementById("keys").close();
  document.activeElement.blur();
  scrollTo(0, 0);
  localStorage.clear();
  for (const name of Object.keys(window)) if (!globals.includes(name)) delete window[name];
  for (const object of [navigator.mediaDevices, navigator.clipboard]) {
    for (const name of Object.keys(object)) delete object[name];
  }
  if (pageProbe.sharing) Object.defineProperty(MediaDevices.prototype, "getDisplayMedia", pageProbe.sharing);
  pageProbe.begin();
  navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
}"""
# The content that a user sees, and functions of the browser that a test may have replaced.
STATE = """() => {
  const elsewhere = ":not(:is(#live, #lost) *)"; // elements that appear only with a take or a lost device
  const fields = [...document.querySelectorAll(`:is(select, input, button)${elsewhere}, details`)];
  const seen = [...document.querySelectorAll("body *:not(option)")].filter((e) => e.checkVisibility());
  return {
    address: location.href,
    title: document.title,
    state: document.body.dataset.state,
    language: document.documentElement.lang,
    options: [...document.querySelectorAll("#settings option")].map((option) => option.value),
    fields: fields.map((f) => `${f.id || f.name} ${f.value} ${f.checked} ${f.open} ${f.disabled}`),
    texts: seen.flatMap((e) => [...e.childNodes].filter((n) => n instanceof Text).map((n) => n.data.trim())),
    focus: document.activeElement.localName,
    replaced: [navigator, navigator.mediaDevices, navigator.storage, MediaDevices.prototype]
      .flatMap((object) => Object.getOwnPropertyNames(object).sort()),
    kept: Object.keys(localStorage),
    size: [innerWidth, innerHeight],
  };
}"""

SEEN_THOUGH_HIDDEN = """() => [...document.querySelectorAll("[hidden]")]
  .filter((element) => element.checkVisibility()).map((element) => element.outerHTML.slice(0, 120))"""

#: No service workers, because most pages are closed before theirs has fetched everything again.
NO_SERVICE_WORKER = {"service_workers": "block"}


class Demo:
    """One page with the demo in it; `folder` receives files."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.page = page
        self.folder = folder
        self.record = page.get_by_role("button", name="Record", exact=True)
        self.stop = page.get_by_role("button", name="Stop")
        self.pause = page.get_by_role("button", name="Pause")
        self.resume = page.get_by_role("button", name="Resume")
        self.mark = page.get_by_role("button", name="Mark")
        self.preview = page.locator("#open-preview")
        self.close_preview = page.locator("#close-preview")
        self.microphone = page.get_by_label("Use this microphone")
        self.clock = page.get_by_role("timer")
        self.size = page.locator("#size")
        self.problem = page.get_by_role("alert")
        self.status = page.locator("#status[role=status]")
        self.live_picture = page.get_by_label("Live preview")
        self.live_level = page.get_by_label("Sound level")
        self.takes = page.locator("#takes > .take")
        self.shelf_status = page.locator("#shelf-status[role=status]")
        self.undo = page.get_by_role("button", name="Undo")
        self.space = page.locator("#space")

    def open(self, address: str) -> Demo:
        self.page.add_init_script(path=PAGE_PROBE)
        self.page.goto(address, wait_until="commit")
        expect(self.preview).to_be_enabled()  # Record is visible before Python has loaded
        return self

    def tidy(self) -> None:
        """Reset the page for the next test, as if it had just been opened."""
        page = self.page
        page.unroute_all()
        page.set_viewport_size({"width": 1280, "height": 720})
        page.emulate_media(color_scheme="null", reduced_motion="null")
        page.context.clear_permissions()
        assert page.context.pages == [page], "a test has left pages open"
        self.run_python(TIDY)
        page.evaluate(CHOOSE_NOTHING, self._globals)
        try:
            same = f"fresh => JSON.stringify(({STATE})()) === fresh"
            page.wait_for_function(same, arg=self._fresh, timeout=20_000)
        except TimeoutError:
            now, fresh = page.evaluate(STATE), json.loads(self._fresh)
            left = {name: (fresh[name], now[name]) for name in fresh if fresh[name] != now[name]}
            raise AssertionError(f"a test has left the page changed: {left}") from None

    def run_python(self, source: str) -> None:
        """Run this as PyScript runs main.py, and in its namespace."""
        self.page.evaluate(RUN, source)

    def remember(self) -> Demo:
        """Keep the present state as the one that `tidy` must restore."""
        self._globals: list[str] = self.page.evaluate("Object.keys(window)")
        self._fresh: str = self.page.evaluate(f"JSON.stringify(({STATE})())")
        return self

    def let_pass(self, seconds: float) -> None:
        """Wait, in tests that concern time itself."""
        start = self.page.evaluate("performance.now()")
        self.page.wait_for_function("end => performance.now() > end", arg=start + 1000 * seconds)

    def choose(self, source: str) -> None:
        self.page.get_by_role("radio", name=source, exact=True).check()

    def switch(self, name: str, on: bool) -> None:
        self.page.get_by_role("switch", name=name, exact=True).set_checked(on)

    def take(self, number: int) -> Locator:
        return self.takes.filter(has=self.page.get_by_role("heading", name=f"Take {number}", exact=True))

    def player(self, number: int) -> Locator:
        return self.page.get_by_label(f"Player of Take {number}")

    def start_take(self, until: str = "0:01") -> None:
        self.record.click()
        expect(self.stop).to_be_visible()  # before that, the clock may show the last take
        self.record_until(until)

    def record_until(self, until: str) -> None:
        """Wait for the clock, which may skip a second in a busy page."""
        try:
            self.page.wait_for_function(
                "([clock, until]) => clock.textContent >= until", arg=[self.clock.element_handle(), until]
            )
        except TimeoutError:
            said = [self.page.title(), self.clock.inner_text(), self.size.inner_text()]
            raise AssertionError(f"the clock did not reach {until}: {said}") from None

    def expect_clock_to_stand(self) -> None:
        """Wait for longer than a second; a busy page may first have to catch up."""
        self.page.evaluate("window.shown = {}")
        self.page.wait_for_function(
            """clock => {
              const [text, now] = [clock.textContent, performance.now()];
              if (shown.text !== text) shown = { text, since: now };
              return now - shown.since > 1500;
            }""",
            arg=self.clock.element_handle(),
        )

    def answer(self, number: int) -> Locator:
        """A card's answer to the last press of one of its buttons."""
        return self.take(number).get_by_role("status").filter(has_text=re.compile(r"\S"))

    def make_take(self, number: int = 1) -> None:
        self.start_take()
        self.stop.click()
        expect(self.take(number)).to_be_visible()

    def button(self, name: str, number: int) -> Locator:
        """A button in a card."""
        return self.page.get_by_role("button", name=f"{name} Take {number}", exact=True)

    def open_menu(self, number: int) -> Locator:
        """The menu of a card."""
        self.button("More", number).click()
        menu = self.page.get_by_role("menu")
        expect(menu.get_by_role("menuitem").first).to_be_focused()
        return menu

    def choose_entry(self, name: str, number: int) -> None:
        """Press an entry of a card's menu."""
        self.open_menu(number).get_by_role("menuitem", name=name, exact=True).click()

    def take_named_field(self) -> Locator:
        return self.page.get_by_role("textbox", name="Name")

    def set(self, label: str, value: str) -> None:
        """One of the settings."""
        details = self.page.locator("#settings")
        if details.get_attribute("open") is None:
            details.locator("summary").click()
        settings = self.page.locator("#settings")
        number = settings.get_by_role("spinbutton", name=label)
        field = settings.get_by_role("combobox", name=label).or_(number)
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            self.type(field, value)

    def set_long_countdown(self) -> None:
        """Make the countdown so long that it cannot end before the test has checked it."""
        self.set("Countdown", "10 seconds")
        chooser = self.page.get_by_role("combobox", name="Countdown")
        chooser.evaluate(
            "({ selectedOptions: [option] }) => { option.dataset.was = option.value; option.value = '600'; }"
        )

    def type(self, field: Locator, value: str) -> None:
        """Type a number into a field and leave it. (Playwright's `fill` adds to a number in Firefox.)"""
        field.press("Control+a")
        field.press("Delete")
        field.press_sequentially(value)
        field.blur()

    def violations(self) -> list[str]:
        """axe-core's findings on the current page."""
        return violations(self.page)

    def download(self, number: int) -> Path:
        """Chromium only: Playwright cannot follow a download of Firefox."""
        with self.page.expect_download() as download:
            self.button("Download", number).click()
        file = self.folder / download.value.suggested_filename
        download.value.save_as(file)
        return file

    def length(self, number: int) -> float:
        """The length in seconds that the card of a short take shows."""
        return float(self.take(number).locator(".length").inner_text().removesuffix(" s"))

    def times(self) -> dict[str, float]:
        """The times of the last recorder's ``start()`` and ``resume()`` calls, and of its events ``start``,
        ``pause``, ``resume`` and ``stop``, in seconds."""
        times = self.page.evaluate("pageProbe.recorders.at(-1).times")
        return {name: at / 1000 for name, at in times.items()}

    def note_texts(self, element: Locator) -> None:
        """From now on `texts` has every text of the element, however soon it is replaced."""
        element.evaluate(
            """element => {
              window.texts ??= [];
              const note = () => window.texts?.push([element.textContent, performance.now()]);
              new MutationObserver(note).observe(element, { childList: true });
            }"""
        )

    def texts(self) -> list[tuple[str, float]]:
        """The texts, each with its time in seconds."""
        return [(text, at / 1000) for text, at in self.page.evaluate("window.texts ?? []")]

    def refuse(self, error: str | None) -> None:
        """From now on the browser refuses every device with this error; None: it cannot share its screen."""
        self.page.evaluate(
            """error => {
              const refuse = () => Promise.reject(new DOMException("", error));
              navigator.mediaDevices.getUserMedia = navigator.mediaDevices.getDisplayMedia = refuse;
              if (error) return;
              pageProbe.sharing = Object.getOwnPropertyDescriptor(MediaDevices.prototype, "getDisplayMedia");
              delete navigator.mediaDevices.getDisplayMedia;
              delete MediaDevices.prototype.getDisplayMedia;
            }""",
            error,
        )

    def opened(self) -> int:
        return self.page.evaluate("pageProbe.streams.length")

    def expect_released(self) -> None:
        """Wait until camera, microphone and screen are off again."""
        states = self.page.evaluate("pageProbe.streams.flatMap(s => s.getTracks()).map(t => t.readyState)")
        assert states
        assert set(states) == {"ended"}
        assert self.page.locator("#preview").evaluate("preview => preview.srcObject") is None

    def expect_seekable(self, number: int) -> float:
        """Wait until the player knows its length and is at the start. Returns the length in seconds."""
        player = self.player(number)
        try:
            self.page.wait_for_function(
                "player => isFinite(player.duration) && !player.seeking && player.currentTime === 0",
                arg=player.element_handle(),
            )
        except TimeoutError as error:
            facts = ["duration", "currentTime", "seeking", "readyState", "networkState"]
            state = player.evaluate(
                "(player, facts) => facts.map((fact) => `${fact}: ${player[fact]}`)", facts
            )
            raise AssertionError(", ".join(state)) from error
        return player.evaluate("player => player.duration")

    def content(self, number: int) -> Path:
        """The player's source, as a file."""
        data = self.player(number).evaluate(
            """async player => {
              const blob = pageProbe.blobs.get(player.src);
              return new Promise((resolve) => {
                const reader = new FileReader();
                reader.onload = () => resolve(reader.result.split(";base64,")[1]);
                reader.readAsDataURL(blob);
              });
            }"""
        )
        file = self.folder / f"take-{number}"
        file.write_bytes(base64.b64decode(data))
        return file
