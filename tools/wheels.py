"""Wheels for Python in the browser that no index has."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

WHEEL = "Wheel-Version: 1.0\nGenerator: mediarecorder\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def pure_wheel(builders: Path, name: str, package: str, folder: Path) -> Path:
    """A wheel of an installed package without its compiled part, which the package can do without."""
    [told] = [
        path
        for path in builders.glob("lib/python*/site-packages/*.dist-info")
        if _normal(path.name.partition("-")[0]) == _normal(name)
    ]
    version = told.name.removesuffix(".dist-info").partition("-")[2]
    files = {
        f"{package}/{file.name}": file.read_text() for file in sorted((told.parent / package).glob("*.py"))
    }
    return write_wheel(name, version, files, folder, (told / "METADATA").read_text())


def write_wheel(name: str, version: str, files: Mapping[str, str], folder: Path, metadata: str = "") -> Path:
    """A wheel with these files; without `metadata`, it requires nothing."""
    stem = f"{_normal(name)}-{version}"
    told = f"{stem}.dist-info"
    content = {
        **files,
        f"{told}/METADATA": metadata or f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{told}/WHEEL": WHEEL,
    }
    content[f"{told}/RECORD"] = "".join(f"{path},,\n" for path in [*content, f"{told}/RECORD"])
    wheel = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in content.items():
            # Use a fixed date, so that each build makes the same wheel.
            archive.writestr(zipfile.ZipInfo(path), text, zipfile.ZIP_DEFLATED)
    return wheel


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "_", name).lower()
