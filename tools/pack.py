"""Pack the Python of the demo's pages into py/packed. Runs in Pyodide (in_pyodide.mjs).

demo.zip has the demo and the library, with their bytecode, for the demo page: one file arrives long before 50
small ones, and Python imports from it. Reading bytecode takes a seventh of the time of compiling. An
interpreter of another version ignores the bytecode.

mediarecorder.zip has the files that the wheel installs, for examples/mdn.html.
"""

from __future__ import annotations

from pathlib import Path
from py_compile import PycInvalidationMode, compile
from zipfile import ZIP_DEFLATED, ZipFile

ROOT = Path("/repository/py")
PACKAGES = ("demo", "mediarecorder")
#: PyScript fetches and compiles this file itself.
SCRIPT = ROOT / "demo" / "main.py"
#: The library reads its public names from this file.
NAMES = ROOT / "mediarecorder" / "__init__.pyi"


#: The encoders that the wheel lacks as well.
LEFT_OUT = ("aac.js", "flac.js")


def pack_library(made: Path) -> None:
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        for file in sorted((ROOT / "mediarecorder").rglob("[!.]*")):
            if file.is_file() and file.name not in LEFT_OUT and "__pycache__" not in file.parts:
                archive.write(file, str(file.relative_to(ROOT)))


def pack_demo(made: Path) -> None:
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        for package in PACKAGES:
            for file in sorted((ROOT / package).rglob("*.py")):
                if (
                    file != SCRIPT and "_desktop" not in file.parts
                ):  # the demo needs no script for the desktop
                    add(archive, file)
        archive.write(NAMES, str(NAMES.relative_to(ROOT)))


def add(archive: ZipFile, file: Path) -> None:
    name = file.relative_to(ROOT)
    bytecode = Path("/tmp/module.pyc")
    # Unchecked, because source and bytecode arrive together.
    compile(str(file), str(bytecode), str(name), True, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
    archive.write(file, str(name))
    archive.write(bytecode, f"{name}c")


if __name__ == "__main__":
    for pack, name in ((pack_library, "mediarecorder.zip"), (pack_demo, "demo.zip")):
        # Build each archive elsewhere first: a browser that requests it meanwhile gets the complete old one.
        made = Path("/tmp") / name
        pack(made)
        (ROOT / "packed" / name).write_bytes(made.read_bytes())
