"""Drives a page of the documentation site by its Run buttons."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

# The article of another page, in this one, whose Python has started.
SHOW = """async (address) => {
  const text = await (await fetch(address)).text();
  const other = new DOMParser().parseFromString(text, "text/html").querySelector("article");
  document.querySelector("article").replaceWith(document.adoptNode(other));
  const { addButtons } = await import(document.querySelector("script[src*='/run.js']").src);
  addButtons(other);
}"""
RELEASED = """() => pageProbe.streams.flatMap((stream) => stream.getTracks())
  .every((track) => track.readyState === "ended")"""


class ExamplesPage:
    def __init__(self, page: Page, docs: str) -> None:
        self.page = page
        self.docs = docs

    def show(self, name: str) -> None:
        """Replace the article by that of the page with this name; its examples share new names."""
        self.page.evaluate(SHOW, f"{self.docs}/{name}.html")

    def tidy(self) -> None:
        self.page.wait_for_function(RELEASED)

    def button(self, number: int = 0) -> Locator:
        return self.page.locator(".run-example").nth(number)

    def output(self, number: int = 0) -> Locator:
        return self.page.locator(".example-output").nth(number)

    def count(self) -> int:
        return self.page.locator(".run-example").count()

    def source(self, number: int = 0) -> str:
        return self.page.locator(".highlight-python").nth(number).inner_text()

    def write(self, source: str, number: int = 0) -> None:
        """Replace the text of an example."""
        block = self.page.locator(".highlight-python pre").nth(number)
        block.evaluate("(block, source) => { block.textContent = source; }", source)

    def run(self, number: int = 0) -> Locator:
        """Press Run, and wait for the end."""
        self.button(number).click()
        output = self.output(number)
        expect(output).to_be_visible()
        self.wait(number)
        return output

    def wait(self, number: int = 0) -> None:
        expect(self.button(number)).to_have_text("Run")
        expect(self.output(number)).not_to_have_attribute("aria-busy", "true")
