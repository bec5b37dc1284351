"""Pack dist/mediarecorder-<version>.zip, for people without Python tools (make dist calls it).

The zip is one folder with pages that record, and everything that they load. Any static server can serve the
folder as it is.
"""

from __future__ import annotations

import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import page_files

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"
#: The page of README.md, which is the folder's index.html. Each other example is a folder in it.
FIRST = "record-button"
#: The page's half of the bridge, for authors of workers, and the licences.
MORE = ("py/mediarecorder/js/page.js", "LICENSE", "py/mediarecorder/js/LICENSES.txt")
#: Folders of packages in the zip, each with its files. They are unchanged, and have their licences.
PACKAGES = {
    "pyscript": (
        "node_modules/@pyscript/core/dist/*.css",
        "node_modules/@pyscript/core/dist/*.js",
        "node_modules/@pyscript/core/LICENSE",
        "node_modules/@pyscript/core/src/3rd-party-licenses/*",
    ),
    "pyodide": (
        *(f"node_modules/pyodide/{name}" for name in page_files.PYODIDE),
        # It names the licence, whose text is in LICENSES.txt, and where the source is.
        "node_modules/pyodide/package.json",
    ),
}
#: Addresses of files that all pages share.
SHARED = re.compile(r'(?<=")\./(?=pyscript/|pyodide/|mediarecorder-)')


def pack(dist: Path, root: Path = ROOT) -> Path:
    """Write the zip beside the wheel in `dist`, which must be the only one there. Same input, same bytes."""
    [wheel] = dist.glob("*.whl")
    folder = "-".join(wheel.name.split("-")[:2])
    target = dist / f"{folder}.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents(wheel, root):
            entry = zipfile.ZipInfo(f"{folder}/{name}")  # without the file's date
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return target


def contents(wheel: Path, root: Path = ROOT) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the files in the zip's folder."""
    for page in sorted(EXAMPLES.glob("*/index.html")):
        for file in sorted(page.parent.iterdir()):
            if page.parent.name == FIRST:
                yield file.name, file.read_bytes()
            else:
                yield f"{page.parent.name}/{file.name}", SHARED.sub("../", file.read_text()).encode()
    for file in (wheel, *(root / name for name in MORE)):
        yield file.name, file.read_bytes()
    for folder, patterns in PACKAGES.items():
        for name in page_files.matching(root, patterns):
            yield f"{folder}/{Path(name).name}", (root / name).read_bytes()


if __name__ == "__main__":
    print(f"dist/{pack(Path(sys.argv[1])).name}")
