"""Build the documentation site into build/docs: docs_site.py BUILDER (tools/prepare.py calls it).

`BUILDER` is a virtual environment with requirements-docs.txt. The site loads nothing from elsewhere: its
folder `vendor` has Pyodide and the library's wheel, with which its examples run.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import docs_pages
import page_files

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "build" / "docs"
#: The sources that Sphinx reads, and its own files.
WORK = ROOT / "build" / "docs-work"

#: The pages of the reference, and the public names on each.
REFERENCE = {
    "Calls": (
        *("record", "take_photo", "mix", "connect", "diagnose", "Diagnosis"),
        *("register_matplotlib", "blocking", "desktop"),
    ),
    "Recorder": ("MediaRecorder", "Outcome", "Event", "Subscription", "Chunk", "RecorderPanel"),
    "Devices and streams": (
        *("media_devices", "MediaDevices", "MediaDeviceInfo", "MediaStream", "MediaStreamTrack", "Level"),
        *("silence", "sound", "Condition"),
    ),
    "Recordings": (
        *("Recording", "MediaWriter", "Marker", "Photo", "AudioSamples", "Playback", "Frame", "Extremes"),
        *("Upload", "Response"),
    ),
    "Store": ("RecordingStore", "StoredRecording", "StoredUpload", "StoreUsage", "StoreEvent"),
    "Exceptions": (
        *("MediaError", "RecordingError", "NotAllowedError", "NotFoundError", "NotReadableError"),
        *("OverconstrainedError", "NotSupportedError", "InvalidStateError", "SecurityError", "AbortError"),
        *("InvalidModificationError", "QuotaExceededError", "EncodingError", "RangeError", "UploadError"),
        *("UnknownError", "InsecureContextError", "PageUnavailableError", "BrowserRequiredError"),
    ),
}
#: Packages whose files are in the site, besides our own, and which have their licence in it.
LICENSED = ("furo", "sphinx", "sphinx_basic_ng")
#: Members that every subclass of these has are not repeated.
COMMON = "BaseException, Coroutine, dict, list, tuple"


def build(builder: Path, root: Path = ROOT, site: Path = SITE, work: Path = WORK) -> None:
    """Build the site. A warning of Sphinx, such as one about a missing anchor, is an error."""
    shutil.rmtree(work, ignore_errors=True)
    write_sources(root, work / "source")
    run(
        *(builder / "bin" / "python", "-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going"),
        *("--conf-dir", root / "docs" / "site", "--doctree-dir", work / "doctrees"),
        *(work / "source", site),
    )
    (site / ".buildinfo").unlink(missing_ok=True)
    (site / "_sources").rmdir()  # it is empty
    (site / ".nojekyll").touch()  # GitHub Pages then serves folders that begin with an underscore
    add_python(root, site / "vendor", work)
    add_licences(builder, site / "licences")


def write_sources(root: Path, folder: Path) -> None:
    """Write the pages as Sphinx reads them."""
    sources = docs_pages.pages(root)
    for picture in set(docs_pages.pictures(sources)):
        _copy(root / picture, folder / picture)
    version = version_of(root)
    linked = docs_pages.linked(sources, os.environ.get("REPOSITORY_URL", ""), version)
    how_to = [page.name for page in sources if page.name.startswith(f"{docs_pages.HOW_TO}/")]
    for page in linked:
        text = page.text + "".join(_trees(how_to)) if page.name == "index" else page.text
        _write(folder / f"{page.name}.md", text)
    missing = public_names(root) ^ {name for names in REFERENCE.values() for name in names}
    if missing:
        raise SystemExit(f"tools/docs_site.py and __init__.pyi have different public names: {missing}")
    for title, names in REFERENCE.items():
        _write(folder / f"{reference_page(title)}.rst", "\n".join(_reference(title, names)))


def reference_page(title: str) -> str:
    return f"reference/{title.lower().replace(' ', '-')}"


def reference_pages() -> list[str]:
    return [reference_page(title) for title in REFERENCE]


def public_names(root: Path) -> set[str]:
    stub = (root / "py/mediarecorder/__init__.pyi").read_text(encoding="utf-8")
    return set(re.findall(r"^from \S+ import \w+ as (\w+)$", stub, re.MULTILINE))


def version_of(root: Path) -> str:
    text = (root / "py/mediarecorder/__init__.py").read_text(encoding="utf-8")
    [version] = re.findall(r'^__version__ = "(.+)"$', text, re.MULTILINE)
    return str(version)


def _trees(how_to: list[str]) -> Iterator[str]:
    """The site's navigation."""
    for caption, names in (
        ("Start", ["tutorial", "first-page", "install"]),
        ("How to", [*how_to, "desktop", "desktop-video"]),
        ("Understand", ["explanation", "maintaining", "mediabunny"]),
        ("Names", reference_pages()),
        ("Facts", ["browsers", "performance", "hosting", "stability", "security"]),
        ("Project", ["changelog", "contributing"]),
    ):
        yield "\n".join(["", "```{toctree}", ":hidden:", f":caption: {caption}", "", *names, "```", ""])


def _reference(title: str, names: tuple[str, ...]) -> Iterator[str]:
    yield from (title, "=" * len(title), "", ".. currentmodule:: mediarecorder", "")
    for name in names:
        if name in ("blocking", "desktop"):
            yield from (f".. automodule:: mediarecorder.{name}", "   :members:", "")
        elif name == "media_devices":
            yield from (".. py:data:: media_devices", "   :type: MediaDevices", "")
            yield from ("   The devices of this browser.", "")
        elif name[0].islower():
            yield from (f".. autofunction:: {name}", "")
        else:
            kind = "autoexception" if name.endswith("Error") else "autoclass"
            yield from (f".. {kind}:: {name}", "   :members:", f"   :inherited-members: {COMMON}", "")


def add_python(root: Path, vendor: Path, work: Path) -> None:
    """Add the interpreter and the library, as a page of one's own would have them."""
    for name in (*page_files.PYODIDE, "package.json"):  # the last names the licence
        _copy(root / "node_modules" / "pyodide" / name, vendor / "pyodide" / name)
    run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", work, within=root)
    [wheel] = work.glob("*.whl")
    _copy(wheel, vendor / "mediarecorder.whl")
    for name in ("aac.js", "flac.js", "LICENSES.txt"):
        _copy(root / "py" / "mediarecorder" / "js" / name, vendor / name)
    _copy(root / "LICENSE", vendor / "LICENSE")


def add_licences(builder: Path, folder: Path) -> None:
    packages = next(builder.glob("lib/python*/site-packages"))
    for name in LICENSED:
        files = [file for file in packages.glob(f"{name}-*.dist-info/**/LICENSE*") if file.is_file()]
        if not files:
            raise SystemExit(f"{name} has no licence in {packages}")
        for file in files:
            _copy(file, folder / f"{name}-{file.name}")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def run(*command: str | Path, within: Path = ROOT) -> None:
    """Run a program; its output is shown only if it fails."""
    done = subprocess.run(
        command, cwd=within, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )
    if done.returncode:
        raise SystemExit(f"failed: {' '.join(map(str, command))}\n{done.stdout}")


if __name__ == "__main__":
    try:
        build(Path(sys.argv[1]))
    except docs_pages.PageError as error:
        sys.exit(str(error))
