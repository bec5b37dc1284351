"""Write the demo page as a folder for any static host: python tools/static_site.py (make site).

Some hosts omit folders called node_modules, so the site calls it vendor.

With the argument `sites` (make sites), the folder is build/sites, and the documentation and the notebooks are
below it. Links between them are comments in the pages, and this uncovers them.
"""

from __future__ import annotations

import html
import os
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import page_files
import policy
from serve import ROOT, Handler

SITE = ROOT / "build" / "site"
#: The demo page with the other sites below it.
SITES = ROOT / "build" / "sites"
#: The folders of the other sites, here and there.
BESIDE = ("docs", "notebooks")
#: A link to another site, in a page of this one.
COVERED = re.compile(r"<!-- beside: (.*?) :beside -->", re.DOTALL)

#: The sentence of the page that becomes a link if `REPOSITORY_URL` says where the source code is.
SOURCE = re.compile(r'(?<=<li id="source">)(.+?)(?=</li>)')
#: The one that a link to that file, or to its page in the documentation beside the page, replaces.
HOSTING = re.compile(r'(?<=<p id="hosting">)(.+?)(?=</p>)')

#: Further files: the service worker, the example, and the licences of everything in the folder.
MORE = (
    "sw.js",
    "examples/*.*",
    "py/packed/mediarecorder.zip",
    "LICENSE",
    "py/mediarecorder/js/LICENSES.txt",
    "static/demo/licences/*",
    "node_modules/@picocss/pico/LICENSE.md",
    "node_modules/@pyscript/core/LICENSE",
    "node_modules/@pyscript/core/src/3rd-party-licenses/*",
    "node_modules/pyodide/package.json",  # names the licence, whose text is in LICENSES.txt, and the source
    "node_modules/wavesurfer.js/LICENSE",
)
#: Our files that may contain addresses in the renamed folder.
TEXTS = (".html", ".js", ".py", ".toml")


def build(site: Path = SITE, root: Path = ROOT, beside: Sequence[str] = ()) -> None:
    """Write the new site beside the old one first, so that a served folder is always complete.

    Parameters
    ----------
    beside
        The built sites to publish below the page.
    """
    repository = os.environ.get("REPOSITORY_URL", "")
    new = site.with_name(f"{site.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    page = list(page_files.matching(root))
    for name in [*page, *page_files.matching(root, MORE)]:
        target = new / in_the_site(name)
        content = (root / name).read_bytes()
        if target.suffix in TEXTS and "node_modules" not in name:
            documentation = "docs/hosting.html" if "docs" in beside else ""
            content = linked(in_the_site(content.decode()), repository, documentation).encode()
        if beside and target.suffix == ".html":
            content = uncovered(content.decode()).encode()
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    page_files.write_list(new, [in_the_site(name) for name in page])
    (new / ".nojekyll").touch()  # GitHub Pages then serves the files unchanged
    (new / "_headers").write_text("\n".join(headers(Handler.pages if beside else ("/*",))) + "\n")
    for name in beside:
        shutil.copytree(root / "build" / name, new / name, dirs_exist_ok=True)
    for file in (new / "docs").rglob("*.html") if "docs" in beside else ():
        file.write_text(uncovered(file.read_text(encoding="utf-8")), encoding="utf-8")
    shutil.rmtree(site, ignore_errors=True)
    new.rename(site)


def in_the_site(text: str) -> str:
    return text.replace("node_modules/", "vendor/")


def linked(text: str, repository: str, hosting: str = "") -> str:
    """The page with links to its source code and to what it says about hosting, as far as they are known."""
    if repository:
        text = SOURCE.sub(rf'<a href="{html.escape(repository)}">\1</a>', text)
        hosting = hosting or f"{html.escape(repository.rstrip('/'))}/blob/HEAD/docs/hosting.md"
    return HOSTING.sub(f'<a href="{hosting}">More about hosting</a>', text) if hosting else text


def uncovered(text: str) -> str:
    return COVERED.sub(r"\1", text)


def headers(pages: Sequence[str]) -> Iterator[str]:
    """Headers for Netlify, Cloudflare Pages and others that read them from a file.

    Parameters
    ----------
    pages
        The pages that get the policies: the other sites have inline scripts, which these forbid.
    """
    rules = {page: dict(policy.POLICIES) for page in pages}
    everywhere = {**policy.ISOLATION, "X-Content-Type-Options": "nosniff"}
    rules["/*"] = rules.get("/*", {}) | everywhere
    for page, values in rules.items():
        yield from (page, *(f"  {name}: {value}" for name, value in values.items()))


def main(arguments: list[str]) -> None:
    site, beside = (SITES, BESIDE) if arguments == ["sites"] else (SITE, ())
    build(site, beside=beside)
    size = sum(file.stat().st_size for file in site.rglob("*") if file.is_file())
    name = site.relative_to(ROOT)
    print(f"{name} ({size / 1e6:.0f} MB) can be put on any static host, at any path: docs/hosting.md")
    print(f"To try it: python3 -m http.server --bind 127.0.0.1 --directory {name} 8001")


if __name__ == "__main__":
    main(sys.argv[1:])
