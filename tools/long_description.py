"""Make README.md the package's long description, with links that work on PyPI (a metadata hook of hatchling).

The commands of a checkout are left out, since a package has no Makefile. PyPI cannot follow a link to a file
of the repository, so each becomes absolute. The environment variable `REPOSITORY_URL` states the
repository's address; the release workflow sets it. If it is unset, such a link becomes plain text, such a
picture is left out, and the metadata has no project links.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

#: A Markdown link or picture whose address is relative: neither has a scheme nor begins with "#".
RELATIVE = re.compile(r"(?P<picture>!?)\[(?P<text>[^]]*)\]\((?![a-z]+:|#)(?P<target>[^)\s]+)\)")
CHECKOUT = re.compile(r"<!-- checkout -->.*?<!-- /checkout -->\n", re.DOTALL)
VERSION = re.compile(r'^__version__ = "(.+)"$', re.MULTILINE)


class LongDescription(MetadataHookInterface):
    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        root = Path(self.root)
        if (root / "PKG-INFO").exists():
            # In a source distribution, hatchling reads both fields from this file, if it has them.
            metadata.setdefault("urls", {})
            return
        repository = os.environ.get("REPOSITORY_URL", "").rstrip("/")
        [version] = VERSION.findall((root / "py/mediarecorder/__init__.py").read_text(encoding="utf-8"))
        metadata["urls"] = links(repository, version)
        text = without_checkout((root / "README.md").read_text(encoding="utf-8"))
        text = with_absolute_links(text, repository, version)
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


def links(repository: str, version: str) -> dict[str, str]:
    if not repository:
        return {}
    return {
        "Repository": repository,
        "Documentation": f"{repository}/blob/v{version}/docs/guide.md",
        "Changelog": f"{repository}/blob/v{version}/CHANGELOG.md",
        "Issues": f"{repository}/issues",
    }


def without_checkout(markdown: str) -> str:
    """The text without the parts for readers who have the repository."""
    return CHECKOUT.sub("", markdown)


def with_absolute_links(markdown: str, repository: str, version: str) -> str:
    """The text with links to the files of the version's tag."""

    def absolute(match: re.Match[str]) -> str:
        picture, text, target = match["picture"], match["text"], match["target"]
        if not repository:
            return "" if picture else text
        return f"{picture}[{text}]({repository}/{'raw' if picture else 'blob'}/v{version}/{target})"

    return RELATIVE.sub(absolute, markdown)
