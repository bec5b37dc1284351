"""Make the folder from which a page loads Pyodide and its packages, without any other server.

Pyodide's npm package contains only the interpreter; its lock file names wheels on a CDN. PyPI has wheels
with the same names but other hashes. So the folder gets a lock file of its own for the wheels in it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Collection, Iterable
from email.parser import Parser
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

#: Not every version has all of these.
INTERPRETER = (
    *("pyodide.js", "pyodide.mjs", "pyodide.asm.js", "pyodide.asm.mjs", "pyodide.asm.wasm"),
    "python_stdlib.zip",
)
LOCK_FILE = "pyodide-lock.json"

#: The values that decide which requirements in a wheel's metadata apply.
ENVIRONMENT = {
    "extra": "",
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_machine": "wasm32",
    "platform_python_implementation": "CPython",
    "platform_system": "Emscripten",
    "python_full_version": "3.14.2",
    "python_version": "3.14",
    "sys_platform": "emscripten",
}

Package = dict[str, Any]


class MissingWheelError(Exception):
    """A wheel needs another that does not exist."""


def assemble(
    npm_package: Path,
    wheels: Iterable[Path],
    roots: Iterable[str],
    target: Path,
    without: Collection[str] = (),
) -> list[Path]:
    """Fill the folder with the interpreter and the wheels that the roots need, except those packages that
    they require but do not use. Returns these wheels."""
    target.mkdir(parents=True)
    for name in INTERPRETER:
        if (npm_package / name).exists():
            shutil.copy(npm_package / name, target / name)
    lock = json.loads((npm_package / LOCK_FILE).read_text())
    python = lock["info"]["python"]
    known = {package["file_name"]: package for package in lock["packages"].values()}
    files = {wheel.name: wheel for wheel in wheels}
    entries = [known.get(name) or described(wheel, python) for name, wheel in files.items()]
    lock["packages"] = needed({canonicalize_name(entry["name"]): entry for entry in entries}, roots, without)
    chosen = [files[entry["file_name"]] for entry in lock["packages"].values()]
    for entry, wheel in zip(lock["packages"].values(), chosen, strict=True):
        entry["sha256"] = hashlib.sha256(wheel.read_bytes()).hexdigest()
        shutil.copy(wheel, target / wheel.name)
    (target / LOCK_FILE).write_text(json.dumps(lock, indent=1))
    return chosen


def described(wheel: Path, python: str = ENVIRONMENT["python_full_version"]) -> Package:
    """The entry of a wheel that Pyodide's lock file does not list, from the wheel's own metadata."""
    environment = ENVIRONMENT | {"python_full_version": python, "python_version": python.rpartition(".")[0]}
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        [metadata] = [name for name in names if name.endswith(".dist-info/METADATA")]
        told = Parser().parsestr(archive.read(metadata).decode())
    requirements = [Requirement(text) for text in told.get_all("Requires-Dist") or []]
    tops = {name.split("/")[0] for name in names if "/" in name or name.endswith(".py")}
    return {
        "name": canonicalize_name(told["Name"]),
        "version": told["Version"],
        "file_name": wheel.name,
        "depends": [
            canonicalize_name(requirement.name)
            for requirement in requirements
            if requirement.marker is None or requirement.marker.evaluate(environment)
        ],
        # A notebook that imports one of these loads the wheel.
        "imports": sorted(
            top.removesuffix(".py") for top in tops if not top.endswith((".dist-info", ".data"))
        ),
        "install_dir": "site",
        "package_type": "package",
        "unvendored_tests": False,
    }


def needed(
    packages: dict[str, Package], roots: Iterable[str], without: Collection[str] = ()
) -> dict[str, Package]:
    """The roots and the packages that they depend on."""
    found: dict[str, Package] = {}
    pending = [(canonicalize_name(root), "a notebook") for root in roots]
    while pending:
        name, dependent = pending.pop()
        if name in found:
            continue
        if name not in packages:
            raise MissingWheelError(f"{dependent} needs {name}, which has no wheel")
        depends = [depended for depended in packages[name]["depends"] if depended not in without]
        found[name] = {**packages[name], "depends": depends}
        pending += [(canonicalize_name(depended), name) for depended in depends]
    return dict(sorted(found.items()))
