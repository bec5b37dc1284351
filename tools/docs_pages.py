"""The pages of the documentation site, made from the repository's Markdown (tools/docs_site.py calls it).

Each sentence has one source, which also reads well on GitHub. A file becomes a page, docs/guide.md becomes
a page for each of its sections, and README.md contributes some of its sections. Links between the files
become links between the pages. A link to any other file of the repository leads to `REPOSITORY_URL`, or
becomes plain text if that is not known.

A block of code marked ``python`` gets a Run button (docs/site/static/run.js). A comment before the block
prevents that: ``<!-- no Run button: the reason -->``.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

#: Files that are one page each.
FILES = {
    "docs/site/index.md": "index",
    "docs/tutorial.md": "tutorial",
    "docs/desktop.md": "desktop",
    "docs/desktop-video.md": "desktop-video",
    "docs/explanation.md": "explanation",
    "docs/performance.md": "performance",
    "docs/hosting.md": "hosting",
    "docs/stability.md": "stability",
    "docs/maintaining.md": "maintaining",
    "docs/mediabunny.md": "mediabunny",
    "SECURITY.md": "security",
    "CHANGELOG.md": "changelog",
    "CONTRIBUTING.md": "contributing",
}
GUIDE = "docs/guide.md"
#: The folder of the guide's pages. Its page `index` has the guide's introduction.
HOW_TO = "how-to"
README = "README.md"
#: Sections of README.md that are pages.
SECTIONS = {
    "A page that records": "first-page",
    "Install": "install",
    "What works where": "browsers",
}

FENCE = re.compile(r"^ *(```+|~~~+)")
HEADING = re.compile(r"^(#+) +(.+?)\s*$")
LINK = re.compile(r"(?P<picture>!?)\[(?P<text>(?:[^\[\]]|\[[^\[\]]*\])*)\]\((?P<target>[^)\s]+)\)")
NO_BUTTON = re.compile(r"^<!-- no Run button: .+?-->\n+```python$", re.MULTILINE | re.DOTALL)
RUNS = re.compile(r"^```python$", re.MULTILINE)


class PageError(Exception):
    """A file lacks a section or an anchor that the site needs."""


@dataclass(frozen=True)
class Page:
    """A page of the site."""

    #: Its address without the ending.
    name: str
    #: The file that its text comes from, relative to the repository.
    source: str
    text: str

    @property
    def examples(self) -> int:
        """How many blocks get a Run button."""
        return len(RUNS.findall(NO_BUTTON.sub("", self.text)))


def pages(root: Path) -> list[Page]:
    """All pages, with the links of their sources."""
    found = [Page(name, source, _read(root, source)) for source, name in FILES.items()]
    introduction, *sections = _split(_read(root, GUIDE))
    found.append(Page(f"{HOW_TO}/index", GUIDE, introduction))
    found += [Page(f"{HOW_TO}/{_slug(_title(section))}", GUIDE, section) for section in sections]
    of_readme = {_title(section): section for section in _split(_read(root, README))[1:]}
    for title, name in SECTIONS.items():
        if title not in of_readme:
            raise PageError(f"{README} has no section {title!r}, which the documentation site shows")
        found.append(Page(name, README, of_readme[title]))
    return found


def linked(pages: list[Page], repository: str, version: str) -> list[Page]:
    """The same pages, with links to each other, and without Run buttons where a comment says so."""
    links = _Links(pages, f"{repository.rstrip('/')}/blob/v{version}" if repository else "")
    return [replace(page, text=NO_BUTTON.sub("```py", links.rewritten(page))) for page in pages]


def pictures(pages: Iterable[Page]) -> Iterator[str]:
    """The pictures of all pages, relative to the repository."""
    for page in pages:
        for match in LINK.finditer(page.text):
            if match["picture"] and "://" not in match["target"]:
                yield _path(page.source, match["target"])


class _Links:
    def __init__(self, pages: list[Page], files: str) -> None:
        self._files = files
        self._names = {page.name for page in pages}
        #: The first page of each source.
        self._first: dict[str, str] = {}
        #: The page of each anchor of a source.
        self._anchors: dict[tuple[str, str], str] = {}
        for page in pages:
            self._first.setdefault(page.source, page.name)
            for anchor in anchors(page.text):
                self._anchors.setdefault((page.source, anchor), page.name)

    def rewritten(self, page: Page) -> str:
        return "".join(
            part if is_code else LINK.sub(lambda match: self._link(page, match), part)
            for is_code, part in _parts(page.text)
        )

    def _link(self, page: Page, match: re.Match[str]) -> str:
        picture, text, target = match["picture"], match["text"], match["target"]
        if re.match(r"[a-z]+:", target):
            return match[0]
        name, _, anchor = target.partition("#")
        path = _path(page.source, name) if name else page.source
        if picture:
            return f"![{text}](/{path})"
        if anchor and (path, anchor) in self._anchors:
            there = self._anchors[path, anchor]
            return f"[{text}]({f'#{anchor}' if there == page.name else f'/{there}.md#{anchor}'})"
        if path == README or path not in self._first:
            address = f"{path}#{anchor}" if anchor else path
            return f"[{text}]({self._files}/{address})" if self._files else text
        if anchor:
            raise PageError(f"{page.source} refers to {target}, but {path} has no such heading")
        return f"[{text}](/{self._first[path]}.md)"


def anchors(text: str) -> list[str]:
    """The anchors of all headings, as GitHub makes them."""
    found: list[str] = []
    for is_code, part in _parts(text):
        for line in () if is_code else part.splitlines():
            if match := HEADING.match(line):
                plain = LINK.sub(lambda link: link["text"], match[2])
                slug = _slug(plain)
                again = sum(re.fullmatch(rf"{re.escape(slug)}(-\d+)?", other) is not None for other in found)
                found.append(f"{slug}-{again}" if again else slug)
    return found


def _read(root: Path, source: str) -> str:
    return (root / source).read_text(encoding="utf-8")


def _path(source: str, target: str) -> str:
    """The path of a link's target, relative to the repository."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(source), target))


def _slug(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _title(section: str) -> str:
    [title] = HEADING.findall(section.splitlines()[0])
    return str(title[1])


def _parts(text: str) -> Iterator[tuple[bool, str]]:
    """The text, divided into blocks of code and the rest."""
    part: list[str] = []
    fence = ""
    for line in text.splitlines(keepends=True):
        match = FENCE.match(line)
        if match and not fence:
            yield False, "".join(part)
            part, fence = [line], match[1]
            continue
        part.append(line)
        if match and fence and line.strip() == fence:
            yield True, "".join(part)
            part, fence = [], ""
    yield bool(fence), "".join(part)


def _split(text: str) -> list[str]:
    """The text before the first section, and the sections. Headings of a section move up by one level."""
    sections = [""]
    for is_code, part in _parts(text):
        for line in part.splitlines(keepends=True):
            heading = None if is_code else HEADING.match(line)
            if heading and heading[1] == "##":
                sections.append("")
            sections[-1] += line.removeprefix("#") if heading and len(sections) > 1 else line
    return [section.strip() + "\n" for section in sections]
