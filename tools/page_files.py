"""The files of the demo page, and the list from which sw.js stores a version of the page."""

from __future__ import annotations

import ast
import base64
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

PYODIDE = (
    "pyodide.mjs",
    "pyodide.asm.mjs",
    "pyodide.asm.wasm",
    "python_stdlib.zip",
    "pyodide-lock.json",
)

FORMATS = (Path(__file__).parents[1] / "py" / "mediarecorder" / "formats.py").read_text(encoding="utf-8")


def encoders() -> Iterator[str]:
    """The encoder modules that the page's choices of formats can need, by the table of formats."""
    [literal] = re.findall(r"^FORMATS: .*? = (\{.*?^\})", FORMATS, re.MULTILINE | re.DOTALL)
    for row in ast.literal_eval(literal).values():
        yield from (codec for codec in row["audio"][:1] if codec in row["encoders"] and "label" in row)


#: All files that the page can request, early or late. A test in tests/repository requires each to match.
PATTERNS = (
    "index.html",
    "pyscript.toml",
    "static/demo/*.css",
    "static/demo/*.js",
    "static/demo/*.svg",
    "static/demo/live/*",
    "py/demo/main.py",
    "py/packed/demo.zip",
    *(f"py/mediarecorder/js/{name}.js" for name in ("media", *encoders(), "page", "store")),
    "node_modules/@picocss/pico/css/pico.min.css",
    "node_modules/@pyscript/core/dist/*.css",
    "node_modules/@pyscript/core/dist/*.js",
    *(f"node_modules/pyodide/{name}" for name in PYODIDE),
    "node_modules/gifenc/dist/gifenc.esm.js",
    "node_modules/wavesurfer.js/dist/wavesurfer.esm.js",
    "node_modules/wavesurfer.js/dist/plugins/regions.esm.js",
)
LIST = "py/packed/precache.js"


def matching(root: Path, patterns: tuple[str, ...] = PATTERNS) -> Iterator[str]:
    """Paths below ``root``, which are also addresses relative to the page."""
    for pattern in patterns:
        for file in sorted(root.glob(pattern)):
            yield file.relative_to(root).as_posix()


def write_list(root: Path, names: list[str]) -> None:
    """Write the list of files for sw.js to store, with hashes, so that it never mixes files of two versions.

    The version is a hash of all contents. An unchanged list is not rewritten.
    """
    hashes = {_address(name): _integrity((root / name).read_bytes()) for name in names}
    version = hashlib.sha256(json.dumps(hashes).encode()).hexdigest()[:16]
    text = f"self.PRECACHE = {json.dumps({'version': version, 'files': hashes}, indent=1)};\n"
    file = root / LIST
    if not file.exists() or file.read_text() != text:
        file.write_text(text)


def _address(name: str) -> str:
    # Many hosts answer index.html with a redirect, which a service worker cannot return for a navigation.
    return "./" if name == "index.html" else name


def _integrity(content: bytes) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}"
