"""The built pages, without a browser: links, addresses, and which examples have a Run button."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from test_run_buttons import PAGES_WITH_EXAMPLES

import docs_pages
import docs_site
import static_site
from harness.places import ROOT

SITE = ROOT / "build" / "docs"
#: Attributes whose address the browser fetches by itself.
FETCHED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}


class Addresses(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.anchors: set[str] = set()
        self.examples = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if name := found.get("id"):
            self.anchors.add(name)
        if tag == "a" and (address := found.get("href")):
            self.links.append(address)
        if address := found.get(FETCHED.get(tag, "")):
            self.fetched.append(address)
        self.examples += "highlight-python" in (found.get("class") or "").split()


def read(site: Path) -> dict[str, Addresses]:
    """The pages of a site by their path."""
    return {
        file.relative_to(site).as_posix(): Addresses(file.read_text(encoding="utf-8"))
        for file in sorted(site.rglob("*.html"))
    }


@pytest.fixture(scope="module")
def pages() -> dict[str, Addresses]:
    return read(SITE)


def broken(pages: dict[str, Addresses], site: Path) -> dict[str, list[str]]:
    """Addresses within the site that lead nowhere, by page."""
    found = defaultdict(list)
    for name, page in pages.items():
        for address in [*page.links, *page.fetched]:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(parts.path)))
            target = name if not parts.path else target
            file = site / target
            if file.is_dir():
                target = posixpath.normpath(posixpath.join(target, "index.html"))
            missing = not (site / target).is_file()
            anchor = unquote(parts.fragment)
            if missing or (anchor and target in pages and anchor not in pages[target].anchors):
                found[name].append(address)
    return dict(found)


def test_every_link_and_anchor_leads_somewhere(pages):
    assert sum(len(page.links) for page in pages.values()) > 1000
    assert broken(pages, SITE) == {}


def test_checker_finds_missing_pages_and_anchors(pages):
    names = ("index.html", "tutorial.html")
    some = {name: Addresses((SITE / name).read_text(encoding="utf-8")) for name in names}
    some["index.html"].links += ["missing.html", "#missing", "tutorial.html#missing", "tutorial.html"]
    assert broken(some, SITE)["index.html"] == ["missing.html", "#missing", "tutorial.html#missing"]


def test_pages_and_styles_fetch_nothing_from_elsewhere(pages):
    fetched = {address for page in pages.values() for address in page.fetched}
    assert {address for address in fetched if re.match(r"[a-z]+:|//", address)} == set()
    styles = {file.name: file.read_text(encoding="utf-8") for file in SITE.rglob("*.css")}
    assert {
        name: addresses
        for name, text in styles.items()
        if (addresses := re.findall(r"(?:@import\s*|url\()[\"']?(?:https?:)?//[^\"')]+", text))
    } == {}


def test_each_python_block_and_no_other_has_a_run_button(pages):
    linked = docs_pages.linked(docs_pages.pages(ROOT), "", "0")
    expected = {page.name: page.examples for page in linked}
    found = {name.removesuffix(".html"): page.examples for name, page in pages.items()}
    reference = {name: found[name] for name in docs_site.reference_pages()}
    assert {name: found[name] for name in expected} == expected
    assert sum(expected.values()) > 30
    assert sum(reference.values()) > 40
    assert {name for name, count in found.items() if count} == set(PAGES_WITH_EXAMPLES)


def test_reference_describes_every_public_name(pages):
    names = docs_site.public_names(ROOT) - {"blocking", "desktop"}
    anchors = set().union(*(pages[f"{name}.html"].anchors for name in docs_site.reference_pages()))
    assert {name for name in names if f"mediarecorder.{name}" not in anchors} == set()
    assert {"mediarecorder.blocking.record", "mediarecorder.MediaRecorder.stop"} <= anchors


def test_licences_of_all_parts_are_included():
    assert "MIT" in (SITE / "vendor/LICENSE").read_text()
    assert "Mozilla Public License" in (SITE / "vendor/LICENSES.txt").read_text()
    found = {file.name.partition("-")[0] for file in (SITE / "licences").iterdir()}
    assert found == set(docs_site.LICENSED)


def test_published_sites_link_to_each_other(tmp_path):
    sites = tmp_path / "sites"
    static_site.build(sites, beside=("docs",))
    pages = read(sites)
    assert {"docs/index.html", "docs/hosting.html"} <= set(pages["index.html"].links)
    for name in ("index", "how-to/a-photo"):
        page = f"docs/{name}.html"
        there = {posixpath.normpath(posixpath.join(posixpath.dirname(page), to)) for to in pages[page].links}
        assert "." in there, "the folder of the demo page"
    assert broken(pages, sites) == {}


def test_sites_alone_have_no_links_to_each_other(pages, tmp_path):
    static_site.build(tmp_path / "site")
    links = [
        address for address in read(tmp_path / "site")["index.html"].links if address.startswith("docs/")
    ]
    assert links == []
    outside = [
        address
        for name, page in pages.items()
        for address in page.links
        if posixpath.normpath(posixpath.join(posixpath.dirname(name), address)).startswith("..")
    ]
    assert outside == []


def test_policies_of_the_demo_page_do_not_reach_the_other_sites(tmp_path):
    static_site.build(tmp_path / "sites", beside=("docs",))
    rules = re.split(r"^(?=/)", (tmp_path / "sites" / "_headers").read_text(), flags=re.MULTILINE)[1:]
    limited = {rule.splitlines()[0] for rule in rules if "Content-Security-Policy" in rule}
    assert limited == {"/", "/index.html", "/examples/mdn.html"}
