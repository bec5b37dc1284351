"""Write the demo page as a folder for any static host: python tools/static_site.py (make site).

Some hosts omit folders called node_modules, so the site calls it vendor.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import page_files
import policy
from serve import ROOT

SITE = ROOT / "build" / "site"

#: Further files: the service worker, the example, and the licences of everything in the folder.
MORE = (
    "sw.js",
    "examples/*.*",
    "py/mediarecorder/**/*.py",
    "py/mediarecorder/__init__.pyi",
    "py/mediarecorder/py.typed",
    "LICENSE",
    "py/mediarecorder/js/LICENSES.txt",
    "node_modules/@picocss/pico/LICENSE.md",
    "node_modules/@pyscript/core/LICENSE",
    "node_modules/@pyscript/core/src/3rd-party-licenses/*",
    "node_modules/pyodide/package.json",  # names the licence, whose text is in LICENSES.txt, and the source
    "node_modules/wavesurfer.js/LICENSE",
)
#: Our files that may contain addresses in the renamed folder.
TEXTS = (".html", ".js", ".py", ".toml")


def build(site: Path = SITE, root: Path = ROOT) -> None:
    """Write the new site beside the old one first, so that a served folder is always complete."""
    new = site.with_name(f"{site.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    page = list(page_files.matching(root))
    for name in [*page, *page_files.matching(root, MORE)]:
        target = new / in_the_site(name)
        content = (root / name).read_bytes()
        if target.suffix in TEXTS and "node_modules" not in name:
            content = in_the_site(content.decode()).encode()
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    page_files.write_list(new, [in_the_site(name) for name in page])
    (new / ".nojekyll").touch()  # GitHub Pages then serves the files unchanged
    (new / "_headers").write_text("\n".join(headers()) + "\n")
    shutil.rmtree(site, ignore_errors=True)
    new.rename(site)


def in_the_site(text: str) -> str:
    return text.replace("node_modules/", "vendor/")


def headers() -> Iterator[str]:
    """Headers for Netlify, Cloudflare Pages and others that read them from a file."""
    yield "/*"
    for name, value in {**policy.POLICIES, **policy.ISOLATION, "X-Content-Type-Options": "nosniff"}.items():
        yield f"  {name}: {value}"


def main() -> None:
    build()
    size = sum(file.stat().st_size for file in SITE.rglob("*") if file.is_file())
    name = SITE.relative_to(ROOT)
    print(f"{name} ({size / 1e6:.0f} MB) can be put on any static host, at any path: docs/hosting.md")
    print(f"To try it: python3 -m http.server --bind 127.0.0.1 --directory {name} 8001")


if __name__ == "__main__":
    main()
