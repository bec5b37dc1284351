"""The published files: the wheel, built as `make wheel` does, and the source distribution."""

from __future__ import annotations

import email
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from benchmarks import size

import mediarecorder
from harness.places import ROOT

PACKAGE = ROOT / "py" / "mediarecorder"


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--sdist", "--wheel", "--no-isolation", "--outdir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def wheel(dist):
    [path] = dist.glob("*.whl")
    with zipfile.ZipFile(path) as wheel:
        yield wheel


@pytest.fixture(scope="module")
def metadata(wheel):
    return email.message_from_bytes(
        wheel.read(f"mediarecorder-{mediarecorder.__version__}.dist-info/METADATA")
    )


def package_files() -> dict[str, bytes]:
    files = (
        file
        for file in PACKAGE.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts and not file.name.startswith(".")
    )
    return {file.relative_to(PACKAGE.parent).as_posix(): file.read_bytes() for file in files}


def test_wheel_is_pure_python(wheel):
    assert Path(wheel.filename).name == f"mediarecorder-{mediarecorder.__version__}-py3-none-any.whl"


def test_wheel_contains_only_the_package(wheel):
    held = {name: wheel.read(name) for name in wheel.namelist() if ".dist-info/" not in name}
    files = package_files()
    for beside in ("aac", "flac"):
        assert len(files.pop(f"mediarecorder/js/{beside}.js")) > 100_000, "it is a separate file"
    assert held == files
    assert "mediarecorder/py.typed" in held


def test_wheel_has_the_media_engine_and_the_bridge_as_separate_files(wheel):
    assert {Path(name).name for name in wheel.namelist() if name.startswith("mediarecorder/js/")} == {
        "media.js",
        "mp3.js",
        "page.js",
        "store.js",
        "worker.js",
        "LICENSES.txt",
    }


def test_wheel_contains_the_licences(wheel):
    assert any(name.endswith("licenses/LICENSE") for name in wheel.namelist())
    others = wheel.read("mediarecorder/js/LICENSES.txt").decode()
    for name in (
        "Mozilla Public License",
        "GNU LIBRARY GENERAL PUBLIC LICENSE",
        "GNU LESSER GENERAL PUBLIC LICENSE",
        "Xiph.Org Foundation",
        "Apache License",
        "mediabunny 1.",
        "LAME",
        "libFLAC",
        "FFmpeg",
    ):
        assert name in others


def test_licences_name_each_change_to_mediabunny(wheel):
    others = wheel.read("mediarecorder/js/LICENSES.txt").decode()
    patches = sorted(path.name for path in (ROOT / "tools" / "patches").glob("*.patch"))
    assert re.findall(r"^- (\S+): \w", others, re.MULTILINE) == patches


def test_licences_name_each_changed_file_of_mediabunny(wheel):
    named = re.findall(r"^\* (dist/\S+)$", wheel.read("mediarecorder/js/LICENSES.txt").decode(), re.MULTILINE)
    patches = (path.read_text() for path in (ROOT / "tools" / "patches").glob("*.patch"))
    changed = {name for patch in patches for name in re.findall(r"^\+\+\+ b/(.+)$", patch, re.MULTILINE)}
    assert named == sorted(changed)


def test_wheel_stays_small(wheel):
    """A page transfers the whole wheel before its first `record()`."""
    assert Path(wheel.filename).stat().st_size <= 1000 * size.MOST


def test_metadata_is_complete(metadata):
    assert metadata["Name"] == "mediarecorder"
    assert metadata["Version"] == mediarecorder.__version__
    assert metadata["Requires-Python"] == ">=3.11"
    licences = "MIT AND MPL-2.0 AND LGPL-2.0-or-later AND BSD-3-Clause AND Apache-2.0"
    assert metadata["License-Expression"] == licences
    assert metadata.get_all("Requires-Dist") is None


@pytest.fixture
def source(dist, tmp_path):
    """The source distribution, unpacked."""
    [path] = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        archive.extractall(tmp_path, filter="data")
    [folder] = tmp_path.iterdir()
    return folder


def test_source_distribution_has_no_strays(source):
    names = {path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()}
    around = {"CHANGELOG.md", "LICENSE", "PKG-INFO", "README.md", "pyproject.toml"}
    bundled = {name for name in names if name.startswith(("static/", "tools/", "package", "tsconfig"))}
    # Hatchling adds the file that lists exclusions.
    assert names - {".gitignore"} - bundled == around | {f"py/{name}" for name in package_files()}
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert bundled <= set(tracked.stdout.splitlines())


def test_source_distribution_can_build_the_bundled_javascript(source):
    made = source / "py" / "mediarecorder" / "js"
    shutil.rmtree(made)
    (source / "node_modules").symlink_to(ROOT / "node_modules")
    subprocess.run(["node", "tools/bundle.mjs"], cwd=source, check=True)
    assert {path.name: path.read_bytes() for path in made.iterdir()} == {
        path.name: path.read_bytes() for path in (PACKAGE / "js").glob("[!.]*")
    }
