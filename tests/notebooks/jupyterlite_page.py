"""JupyterLite as a person uses it: notebooks in "notebooks" and in "lab", and the "repl".

Actions use keys and menus, so that they count as user activation. Outputs are read from JupyterLite's own
model, which is saved (`outputs`), or from the page (`output`).
"""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, TimeoutError

#: Milliseconds until the kernel's first answer, and for cells. Only a page that hangs takes longer.
STARTING = 400_000
RUNNING = 300_000

LITE = """
globalThis.lite = {
  asked: 0,
  answered: 0,
  statuses: [],
  // JavaScript that was displayed.
  scripts: [],
  get widget() { return globalThis.jupyterapp?.shell?.currentWidget; },
  get isRepl() { return Boolean(this.widget?.console); },
  get kernel() { return this.widget?.sessionContext?.session?.kernel; },
  // All cells of a notebook; in the REPL those that were run.
  get cells() { return [...(this.isRepl ? this.widget.console.cells : this.widget.content.widgets)]; },
  get code() { return this.cells.filter((cell) => cell.model.type === "code"); },
  watch() {
    if (this.kernel?.status !== "idle") return false;
    this.own = this.cells.length;
    this.kernel.anyMessage.connect((_, { direction, msg }) => {
      const script = msg.content.data?.["application/javascript"];
      if (direction === "recv" && script) this.scripts.push(script);
      if (direction === "send" && msg.header.msg_type === "execute_request") this.asked += 1;
      if (direction === "recv" && msg.header.msg_type === "execute_reply") this.answered += 1;
    });
    this.kernel.statusChanged.connect((_, status) => this.statuses.push(status));
    return true;
  },
  removeOthers() {
    const { sharedModel } = this.widget.content.model;
    sharedModel.deleteCellRange(this.own, sharedModel.cells.length);
  },
  outputs(cell) { return cell.model.type === "code" ? cell.model.outputs.toJSON() : []; },
  isOver(asked) {
    return this.asked >= asked && this.answered >= this.asked && this.kernel.status === "idle"
      && this.cells.every((cell) => (cell.model.executionState ?? "idle") === "idle");
  },
  // The index of an empty last code cell.
  lastCell() {
    if (this.isRepl) return this.cells.length;
    const { content } = this.widget;
    content.activeCellIndex = this.cells.length - 1;
    const { type, sharedModel } = this.cells.at(-1).model;
    if (type !== "code" || sharedModel.getSource()) jupyterapp.commands.execute("notebook:insert-cell-below");
    return this.cells.length - 1;
  },
};
"""


class JupyterLite:
    """One page with JupyterLite in it; `site` is the address of the notebook sites."""

    def __init__(self, page: Page, site: str) -> None:
        self.page = page
        self.site = site
        page.add_init_script(LITE)

    def open(self, app: str, notebook: str = "") -> JupyterLite:
        """Open a notebook in "notebooks" or "lab", or the "repl". Its kernel is ready when this returns."""
        query = "?kernel=python&toolbar=1" if app == "repl" else f"?path={notebook}"
        self.page.goto(f"{self.site}/jupyterlite/{app}/index.html{query}", wait_until="commit")
        self._wait("the kernel", "() => lite.watch()", limit=STARTING)
        return self

    def tidy(self) -> None:
        """Remove the cells that a test added. Their names stay in the kernel."""
        self.wait()
        assert self.errors() == [], "a test has left an error"
        assert self.page.evaluate("pageProbe.live()") == 0, "a test has left a device open"
        self.page.evaluate("lite.removeOthers()")

    # Actions

    def run_all(self) -> None:
        """Run > Run All Cells. Returns when all have run, or were skipped after an error."""
        asked = self.page.evaluate("lite.asked")
        self.choose("Run", "Run All Cells")
        self._wait_until_over(asked + 1)

    def run(self, source: str) -> int:
        """Type this into a new last cell and press Shift+Enter. Returns the cell's index when it has run."""
        asked = self.page.evaluate("lite.asked")
        index = self.start(source)
        self._wait_until_over(asked + 1)
        return index

    def start(self, source: str) -> int:
        """Like `run`, but the cell may still be running when this returns."""
        index: int = self.page.evaluate("lite.lastCell()")
        prompt = self.page.locator(
            ".jp-CodeConsole-promptCell, .jp-Notebook .jp-Cell:nth-last-child(1 of .jp-Cell)"
        )
        # A cell outside the viewport has no editor yet; the click scrolls to it.
        prompt.scroll_into_view_if_needed()
        prompt.locator(".cm-content").click()
        self.page.keyboard.insert_text(source)
        asked = self.page.evaluate("lite.asked")
        self.page.keyboard.press("Shift+Enter")
        self.page.wait_for_function("asked => lite.asked > asked", arg=asked)
        return index

    def wait(self) -> None:
        """Wait until everything that was started has finished."""
        self._wait_until_over(0)

    def restart_kernel(self) -> None:
        """Kernel > Restart Kernel…, and confirm. The kernel is ready again when this returns."""
        self.begin_restart()
        self.end_restart()

    def begin_restart(self) -> None:
        self.page.evaluate("lite.statuses.length = 0")
        self.choose("Kernel", "Restart Kernel…")
        self.page.get_by_role("button", name="Confirm Kernel Restart").click()

    def end_restart(self) -> None:
        self._wait(
            "the restarted kernel",
            """() => lite.statuses.some((status) => status.endsWith("restarting"))
              && lite.kernel.status === "idle" && !document.querySelector("dialog, .jp-Dialog")""",
            limit=STARTING,
        )
        # A cell that the restart interrupted never gets an answer.
        self.page.evaluate("() => { lite.answered = lite.asked; }")

    def save(self) -> dict[str, Any]:
        """Press Control+S. Returns the file's content, as another program would read it."""
        self.page.keyboard.press("Control+s")
        self.page.wait_for_function("() => !lite.widget.context.model.dirty")
        return self.page.evaluate(
            """async () => {
              const { contents } = jupyterapp.serviceManager;
              return (await contents.get(lite.widget.context.path, { content: true })).content;
            }"""
        )

    def choose(self, menu: str, item: str) -> None:
        self.page.get_by_role("menubar").get_by_role("menuitem", name=menu, exact=True).click()
        self.page.locator(".lm-Menu").get_by_text(item, exact=True).click()

    # Results

    def cell(self, index: int) -> Locator:
        kind = ".jp-CodeConsole-content .jp-CodeCell, .jp-Notebook .jp-Cell"
        return self.page.locator(kind).nth(index)

    def output(self, index: int) -> Locator:
        """A cell's output as the page shows it."""
        return self.cell(index).locator(".jp-OutputArea-output")

    def outputs(self, index: int) -> list[dict[str, Any]]:
        """A cell's outputs as in the notebook's file."""
        return self.page.evaluate("index => lite.outputs(lite.cells.at(index))", index)

    def printed(self, index: int) -> str:
        """A cell's stdout."""
        streams = [out for out in self.outputs(index) if out["output_type"] == "stream"]
        return "".join("".join(stream["text"]) for stream in streams if stream["name"] == "stdout")

    def errors(self) -> list[str]:
        """The errors of all cells, as "ValueError: words"."""
        every = self.page.evaluate("lite.cells.flatMap((cell) => lite.outputs(cell))")
        errors = [out for out in every if out["output_type"] == "error"]
        # This kernel reports "<class 'ValueError'>".
        return [re.sub(r"^<class '(.+)'>", r"\1", f"{out['ename']}: {out['evalue']}") for out in errors]

    def _wait_until_over(self, asked: int) -> None:
        self._wait("the end of all cells", "asked => lite.isOver(asked)", asked)

    def _wait(self, what: str, holds: str, argument: Any = None, limit: float = RUNNING) -> None:
        try:
            self.page.wait_for_function(holds, arg=argument, timeout=limit)
        except TimeoutError:
            found = self.page.evaluate(
                "() => [lite.kernel?.status ?? 'no kernel', lite.asked, lite.answered, document.title]"
            )
            raise AssertionError(f"timed out waiting for {what}: {found}") from None
