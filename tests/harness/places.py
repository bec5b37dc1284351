"""Paths. Imported inside and outside the browser, which has the repository under the same path."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: Files that the tests load into pages: scripts, and modules that tests/browser imports.
SUPPORT = ROOT / "tests" / "browser" / "support"
#: The only spy on the objects that the library opens, holds and leaves behind.
PAGE_PROBE = SUPPORT / "page_probe.js"
