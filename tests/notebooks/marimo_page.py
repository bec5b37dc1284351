"""marimo as a person uses it, in a page of the exported site: a notebook in "run" or in "edit" mode.

marimo's page does not expose the outputs of its cells, so this listens to the kernel's messages to the page.
"""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page, TimeoutError

#: Milliseconds until the kernel has loaded, and for cells. Only a page that hangs takes longer.
STARTING = 400_000
RUNNING = 300_000
#: The last code cell of the notebook "first_recording"; tests put their own code into it.
LAST_CELL = 9

# In addition to the page's own listener, which still receives everything.
LISTENER = """
globalThis.kernel = { cells: {}, runs: 0 };
globalThis.Worker = class extends Worker {
  constructor(...args) {
    super(...args);
    this.addEventListener("message", ({ data }) => {
      if (data?.data?.id !== "kernelMessage") return;
      const { op, data: told } = JSON.parse(data.data.payload.message);
      if (op === "completed-run") kernel.runs += 1;
      if (op !== "cell-op") return;
      const cell = (kernel.cells[told.cell_id] ??= { status: null, output: null, console: [] });
      if (told.status) cell.status = told.status;
      if (told.output) cell.output = told.output;
      // A list replaces the outputs, anything else is appended.
      if (Array.isArray(told.console)) cell.console = told.console;
      else if (told.console) cell.console.push(told.console);
    });
  }
};
// marimo gives its kernel 20 seconds to answer, which is too short while other tests run, and then rejects a
// promise that has no handler.
const later = setTimeout;
globalThis.setTimeout = (act, delay, ...rest) => later(act, delay === 20_000 ? 400_000 : delay, ...rest);
"""

IS_OVER = """runs => kernel.runs >= runs
  && Object.values(kernel.cells).every(({ status }) => status === null || status === "idle")"""


class Marimo:
    """One page with a marimo notebook in it; `site` is the address of the notebook sites."""

    def __init__(self, page: Page, site: str) -> None:
        self.page = page
        self.site = site
        self.run_button = page.get_by_test_id("chrome-controls-bottom-right").get_by_test_id("run-button")
        page.add_init_script(LISTENER)

    def open(self, notebook: str, mode: str) -> Marimo:
        """Open a notebook in "run" or "edit" mode. In run mode, all its cells have run when this returns."""
        self.page.goto(f"{self.site}/marimo/{notebook}-{mode}.html", wait_until="commit")
        # The editor's kernel counts reading the cells as a run.
        self._wait("the kernel", 1, STARTING)
        return self

    def tidy(self) -> None:
        """Check that a test has left nothing running. Its code stays in `LAST_CELL`."""
        self.wait()
        assert self.errors() == [], "a test has left an error"
        assert self.page.evaluate("pageProbe.live()") == 0, "a test has left a device open"

    @property
    def starts(self) -> Locator:
        """The notebook's own buttons, for which its cells wait."""
        return self.page.locator("marimo-button").get_by_role("button")

    def press_all(self) -> None:
        """Press the notebook's own buttons, one after the other."""
        for number in range(self.starts.count()):
            runs = self.page.evaluate("kernel.runs")
            self.starts.nth(number).click()
            self.wait(runs + 1)

    def run_all(self) -> None:
        """Press the editor's Run for all stale cells. Returns when they have run."""
        runs = self.page.evaluate("kernel.runs")
        self.run_button.click()
        self.wait(runs + 1)

    def start(self, index: int, source: str) -> int:
        """Type this into a cell and press Control+Enter. Returns the number of runs before it."""
        runs: int = self.page.evaluate("kernel.runs")
        editor = self.cell(index).locator(".cm-content").first
        editor.scroll_into_view_if_needed()
        editor.click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(source)
        self.page.keyboard.press("Control+Enter")
        return runs

    def choose(self, index: int, item: str) -> None:
        """Choose this in the menu of a cell."""
        self._hover(index).get_by_test_id("cell-actions-button").click()
        self.page.get_by_role("option", name=item).click()

    def delete(self, index: int) -> None:
        self._hover(index).get_by_test_id("delete-button").click()

    def command(self, name: str) -> None:
        """Choose a command of the notebook in its palette."""
        self.page.keyboard.press("Control+k")
        self.page.get_by_placeholder("Type to search").fill(name)
        self.page.get_by_role("option", name=name).click()

    def _hover(self, index: int) -> Locator:
        """A cell, with the buttons that it shows to a mouse."""
        cell = self.cell(index)
        cell.locator(".cm-content").first.hover()
        return cell

    def wait(self, runs: int = 0) -> None:
        """Wait until nothing runs, after this many runs since the page was opened."""
        self._wait("the end of all cells", runs, RUNNING)

    def _wait(self, what: str, runs: int, limit: float) -> None:
        try:
            self.page.wait_for_function(IS_OVER, arg=runs, timeout=limit)
        except TimeoutError:
            found = self.page.evaluate(
                "[kernel.runs, Object.values(kernel.cells).map(({ status }) => status)]"
            )
            raise AssertionError(f"timed out waiting for {what}, {runs} runs: {found}") from None

    # Results

    def cell(self, index: int) -> Locator:
        return self.page.locator("[data-cell-id].marimo-cell").nth(index)

    def output(self, index: int) -> Locator:
        """A cell's output as the page shows it."""
        return self.cell(index).locator(".output-area")

    def console(self, index: int) -> Locator:
        """A cell's printed output, as the page shows it."""
        return self.cell(index).get_by_test_id("console-output-area")

    def outputs(self, index: int) -> dict[str, Any] | None:
        """A cell's output as the kernel reported it: its mimetype and data."""
        return self._told(index)["output"]

    def printed(self, index: int) -> str:
        """A cell's stdout."""
        told = self._told(index)["console"]
        return "".join(part["data"] for part in told if part["channel"] == "stdout")

    def errors(self) -> list[str]:
        """The kernel's errors and tracebacks of all cells."""
        told = self.page.evaluate("Object.values(kernel.cells)")
        outputs = [cell["output"] for cell in told if cell["output"]]
        errors = [str(out["data"]) for out in outputs if out["channel"] == "marimo-error"]
        parts = [part for cell in told for part in cell["console"]]
        return errors + [str(part["data"]) for part in parts if "traceback" in part["mimetype"]]

    def _told(self, index: int) -> dict[str, Any]:
        name = self.cell(index).get_attribute("data-cell-id")
        return self.page.evaluate("name => kernel.cells[name]", name)
