"""Pack the Python of the demo page, and its bytecode, into py/packed/demo.zip. Runs in Pyodide: see pack.mjs.

One file is there long before 50 small ones, and Python imports out of it. To read bytecode takes a seventh of
the time of compiling. An interpreter of another version takes no notice of it.
"""

from __future__ import annotations

from pathlib import Path
from py_compile import PycInvalidationMode, compile
from zipfile import ZIP_DEFLATED, ZipFile

ROOT = Path("/repository/py")
PACKAGES = ("demo", "mediarecorder")
#: PyScript fetches and compiles this one by itself.
SCRIPT = ROOT / "demo" / "main.py"
#: The library reads its public names from this.
NAMES = ROOT / "mediarecorder" / "__init__.pyi"


def pack() -> None:
    # Made in memory first: a browser that asks meanwhile gets the old one whole.
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
    # Unchecked: source and bytecode come together.
    compile(str(file), str(bytecode), str(name), True, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
    archive.write(file, str(name))
    archive.write(bytecode, f"{name}c")


if __name__ == "__main__":
    pack()
