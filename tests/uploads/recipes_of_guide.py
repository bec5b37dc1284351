"""The servers that docs/guide.md shows, as files."""

from __future__ import annotations

import re

from harness.places import ROOT


def recipe(name: str) -> str:
    """The content of the file of this name: the block after a comment with the name."""
    text = (ROOT / "docs" / "guide.md").read_text()
    found = re.search(rf"^<!-- {re.escape(name)} -->\n```\w+\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert found, f"docs/guide.md has no {name}"
    return found[1]
