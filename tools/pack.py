"""Pack the demo page's Python, and its bytecode, into py/packed/demo.zip. Runs in Pyodide (in_pyodide.mjs).

One file arrives long before 50 small ones, and Python imports from it. Reading bytecode takes a seventh of
the time of compiling. An interpreter of another version ignores the bytecode.
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


def pack() -> None:
    # Build the archive elsewhere first: a browser that requests it meanwhile gets the complete old one.
    made = Path("/tmp/demo.zip")
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        for package in PACKAGES:
            for file in sorted((ROOT / package).rglob("*.py")):
                if file != SCRIPT:
                    add(archive, file)
        archive.write(NAMES, str(NAMES.relative_to(ROOT)))
    (ROOT / "packed" / "demo.zip").write_bytes(made.read_bytes())


def add(archive: ZipFile, file: Path) -> None:
    name = file.relative_to(ROOT)
    bytecode = Path("/tmp/module.pyc")
    # Unchecked, because source and bytecode arrive together.
    compile(str(file), str(bytecode), str(name), True, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
    archive.write(file, str(name))
    archive.write(bytecode, f"{name}c")


if __name__ == "__main__":
    pack()
