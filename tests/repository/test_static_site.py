"""The output of `make site`, tested without a browser."""

from __future__ import annotations

import gzip
import json
import re
import tomllib
import zipfile
from pathlib import Path

import pytest

import page_files
import policy
import static_site
from harness.places import ROOT


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("build") / "site"
    static_site.build(folder)
    return folder


def own_texts(site: Path) -> dict[str, str]:
    """The files that a browser reads, without those of packages, but with the packed Python."""
    files = (file for file in site.rglob("*") if file.is_file() and file.suffix in static_site.TEXTS)
    found = {file.relative_to(site).as_posix(): file.read_text() for file in files}
    with zipfile.ZipFile(site / "py/packed/demo.zip") as packed:
        found |= {name: packed.read(name).decode() for name in packed.namelist() if name.endswith(".py")}
    bundles = "py/mediarecorder/js/"
    return {name: text for name, text in found.items() if not name.startswith(("vendor/", bundles))}


@pytest.mark.parametrize("pattern", [*page_files.PATTERNS, *static_site.MORE])
def test_site_contains_every_file_of_the_page(pattern):
    assert list(page_files.matching(ROOT, (pattern,)))


def test_no_file_refers_to_node_modules(site):
    assert not (site / "node_modules").exists()
    assert {name for name, text in own_texts(site).items() if "node_modules" in text} == set()


def test_pages_refer_only_to_files_in_the_folder(site):
    """The site works below any path: no address begins with a slash, and each file exists."""
    for page in (site / "index.html", site / "examples/mdn.html"):
        markup = re.sub(r"<!--.*?-->", "", page.read_text(), flags=re.DOTALL)
        addresses = re.findall(r'\b(?:src|href|config|data-early)="([^"#]+)', markup)
        assert len(addresses) > 5
        for address in addresses:
            if address.startswith("https://"):
                assert f'<a href="{address}"' in page.read_text(), "only a link refers elsewhere"
            else:
                assert (page.parent / address).is_file(), address


@pytest.mark.parametrize("name", ["pyscript.toml", "examples/mdn.toml"])
def test_configurations_refer_only_to_files_in_the_folder(site, name):
    config = tomllib.loads((site / name).read_text())
    for address in (config["interpreter"], *config["files"]):
        assert ((site / name).parent / address).is_file(), address


def test_precache_list_contains_all_files_of_the_page(site):
    listed = json.loads((site / page_files.LIST).read_text().removeprefix("self.PRECACHE = ").rstrip(";\n"))
    names = {"index.html" if name == "./" else name for name in listed["files"]}
    assert names == {static_site.in_the_site(name) for name in page_files.matching(ROOT)}
    assert all((site / name).is_file() for name in names)


def test_folder_suits_github_pages_and_hosts_with_header_files(site):
    assert (site / ".nojekyll").exists()
    lines = (site / "_headers").read_text().splitlines()
    assert lines[0] == "/*"
    assert f"  Content-Security-Policy: {policy.CONTENT_SECURITY_POLICY}" in lines
    assert f"  Permissions-Policy: {policy.PERMISSIONS_POLICY}" in lines
    assert max(map(len, lines)) < 2000, "Cloudflare Pages does not read longer ones"


def test_page_links_to_the_source_code_if_its_address_is_known(site):
    page = (site / "index.html").read_text()
    sentence = '<li id="source">Get the source code of mediarecorder.</li>'
    assert sentence in page
    address = '<a href="https://example.org/?a&amp;b">Get the source code of mediarecorder.</a>'
    linked = static_site.linked(page, "https://example.org/?a&b")
    assert f'<li id="source">{address}</li>' in linked


def test_page_links_to_its_documentation_or_names_the_file(site):
    page = (site / "index.html").read_text()
    sentence = '<p id="hosting">The file docs/hosting.md there says more.</p>'
    assert sentence in page

    def hosting(*known: str) -> str:
        linked = static_site.linked(page, *known)
        return re.findall(r'<p id="hosting"><a href="(.+?)">More about hosting', linked)[0]

    assert hosting("https://example.org/us/") == "https://example.org/us/blob/HEAD/docs/hosting.md"
    assert hosting("https://example.org/us", "docs/hosting.html") == "docs/hosting.html"
    assert hosting("", "docs/hosting.html") == "docs/hosting.html"
    assert sentence in static_site.linked(page, "")


def test_licences_are_included(site):
    licences = {
        "LICENSE": "MIT",
        "py/mediarecorder/js/LICENSES.txt": "Mozilla Public License",
        "static/demo/licences/gifenc.txt": "MIT",
        "vendor/@picocss/pico/LICENSE.md": "MIT",
        "vendor/@pyscript/core/LICENSE": "Apache",
        "vendor/pyodide/package.json": "MPL-2.0",
        "vendor/wavesurfer.js/LICENSE": "BSD",
    }
    assert {name for name, words in licences.items() if words not in (site / name).read_text()} == set()


def test_site_is_rewritten_completely(site):
    (site / "left over").touch()
    static_site.build(site)
    assert not (site / "left over").exists()
    assert [folder.name for folder in site.parent.iterdir()] == [site.name]


def test_documentation_states_the_sizes(site):
    """In rounded megabytes: if the page grows by one, the documentation must say so."""
    page = (ROOT / "docs/hosting.md").read_text()
    [folder] = re.findall(r"writes build/site, (\d+) MB", page)
    [(kept, compressed)] = re.findall(r"stores (\d+) MB, and transfers (\d+) MB if", page)
    listed = json.loads((site / page_files.LIST).read_text().removeprefix("self.PRECACHE = ").rstrip(";\n"))
    contents = [(site / ("index.html" if name == "./" else name)).read_bytes() for name in listed["files"]]
    everything = sum(file.stat().st_size for file in site.rglob("*") if file.is_file())
    assert int(folder) == pytest.approx(everything / 1e6, abs=0.6)
    assert int(kept) == pytest.approx(sum(map(len, contents)) / 1e6, abs=0.6)
    assert int(compressed) == pytest.approx(sum(len(gzip.compress(each)) for each in contents) / 1e6, abs=0.6)
