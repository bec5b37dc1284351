"""axe-core, which finds faults of accessibility in a page."""

from __future__ import annotations

from playwright.sync_api import Page

from harness.places import ROOT

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"


def violations(page: Page) -> list[str]:
    """axe-core's findings on the current page."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    found = page.evaluate("async () => (await axe.run(document)).violations")
    return [f"{one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]]
