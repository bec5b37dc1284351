"""The published files, built as `make dist` does: the wheel, the source distribution and the zip."""

from __future__ import annotations

import email
import filecmp
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from benchmarks import size
from trove_classifiers import classifiers

import mediarecorder
import release_zip
from harness import readme
from harness.places import ROOT
from long_description import with_absolute_links, without_checkout

PACKAGE = ROOT / "py" / "mediarecorder"
REPOSITORY = "https://example.org/mediarecorder"


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    build("--sdist", "--wheel", source=ROOT, to=folder, repository=REPOSITORY)
    return folder


def build(*what: str, source: Path, to: Path, repository: str = "") -> None:
    command = [sys.executable, "-m", "build", *what, "--no-isolation", "--outdir", str(to)]
    variables = os.environ | {"REPOSITORY_URL": repository}
    done = subprocess.run(command, cwd=source, env=variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(dist):
    [path] = dist.glob("*.whl")
    with zipfile.ZipFile(path) as wheel:
        yield wheel


@pytest.fixture(scope="module")
def metadata(wheel):
    return metadata_of(wheel)


def metadata_of(wheel: zipfile.ZipFile) -> email.message.Message:
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
        "tus.js",
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
        "Foxglove Technologies",
        "tus-js-client 4.",
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


def test_wheel_does_not_grow(wheel):
    """A page transfers the whole wheel before its first `record()`. (`size.MOST` does not hold.)"""
    assert Path(wheel.filename).stat().st_size <= 1000 * size.TODAY


def test_metadata_is_complete(metadata):
    assert metadata["Name"] == "mediarecorder"
    assert metadata["Version"] == mediarecorder.__version__
    assert metadata["Requires-Python"] == ">=3.11"
    licences = "MIT AND MPL-2.0 AND LGPL-2.0-or-later AND BSD-3-Clause"
    assert metadata["License-Expression"] == licences
    assert metadata.get_all("Requires-Dist") is None
    assert metadata["Description-Content-Type"] == "text/markdown"


def test_classifiers_are_those_of_pypi(metadata):
    own = set(metadata.get_all("Classifier"))
    assert own <= classifiers
    assert {"Framework :: Pyodide", "Typing :: Typed"} <= own
    assert not any(name.startswith("License ::") for name in own), "License-Expression replaces them"


LINK = re.compile(r"\[[^]]*\]\(([^)\s]+)\)")


def test_project_links_and_those_of_the_description_are_absolute(metadata):
    version = mediarecorder.__version__
    project = dict(line.split(", ") for line in metadata.get_all("Project-URL"))
    assert project["Repository"] == REPOSITORY
    described = LINK.findall(metadata.get_payload())
    assert len(described) == len(LINK.findall((ROOT / "README.md").read_text()))
    addresses = [*project.values(), *described]
    assert [address for address in addresses if not address.startswith("https://")] == []
    for address in addresses:
        if address.startswith((f"{REPOSITORY}/blob/", f"{REPOSITORY}/raw/")):
            name = re.sub(rf"^{REPOSITORY}/(blob|raw)/v{re.escape(version)}/|#.*", "", address)
            assert (ROOT / name).exists(), address


def test_description_without_a_repository_has_no_links_to_files():
    text = "![a](x.png) [b\nc](d/e.md#f), [g](https://h.org) and [i](#j)"
    assert with_absolute_links(text, "", "1") == " b\nc, [g](https://h.org) and [i](#j)"


def test_description_leaves_out_the_commands_of_a_checkout():
    described = without_checkout((ROOT / "README.md").read_text())
    assert "    make demo" not in described
    assert "## Try it\n\nThe demo is" in described


def test_description_links_to_the_files_of_the_tag():
    text = "![a](x.png) [b](d/e.md#f)"
    assert with_absolute_links(text, "https://r", "1") == (
        "![a](https://r/raw/v1/x.png) [b](https://r/blob/v1/d/e.md#f)"
    )


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


@pytest.mark.thorough
def test_source_distribution_can_build_the_bundled_javascript(source):
    made = source / "py" / "mediarecorder" / "js"
    shutil.rmtree(made)
    (source / "node_modules").symlink_to(ROOT / "node_modules")
    subprocess.run(["node", "tools/bundle.mjs"], cwd=source, check=True)
    assert {path.name: path.read_bytes() for path in made.iterdir()} == {
        path.name: path.read_bytes() for path in (PACKAGE / "js").glob("[!.]*")
    }


@pytest.mark.thorough
@pytest.mark.parametrize("repository", [REPOSITORY, pytest.param("", marks=pytest.mark.thorough)])
def test_source_distribution_builds_the_same_wheel_anywhere(repository, tmp_path):
    build("--sdist", "--wheel", source=ROOT, to=tmp_path / "first", repository=repository)
    [first] = (tmp_path / "first").glob("*.whl")
    [archive] = (tmp_path / "first").glob("*.tar.gz")
    shutil.unpack_archive(archive, tmp_path, filter="data")
    source = tmp_path / archive.name.removesuffix(".tar.gz")
    build("--wheel", source=source, to=tmp_path / "again", repository="https://example.org/another")
    [again] = (tmp_path / "again").iterdir()
    assert again.name == first.name
    assert filecmp.cmp(again, first, shallow=False)


@pytest.mark.thorough
def test_wheel_without_a_repository_has_no_project_links(source, tmp_path):
    (source / "PKG-INFO").unlink()  # as in a clone
    build("--wheel", source=source, to=tmp_path / "plain")
    [path] = (tmp_path / "plain").iterdir()
    with zipfile.ZipFile(path) as wheel:
        plain = metadata_of(wheel)
    assert plain.get_all("Project-URL") is None
    linked = LINK.findall(plain.get_payload())
    assert [address for address in linked if not address.startswith("https://")] == []


# The demo's example


def test_demos_example_fetches_the_content_of_the_wheel(wheel):
    """Run tools/prepare.py demo if this archive is outdated."""
    config = ROOT / "examples" / "mdn.toml"
    [(address, target)] = tomllib.loads(config.read_text())["files"].items()
    assert target == "./*"
    with zipfile.ZipFile(config.parent / address) as archive:
        packed = {name: archive.read(name) for name in archive.namelist()}
    assert packed == {name: wheel.read(name) for name in wheel.namelist() if ".dist-info/" not in name}


# The zip

FIRST, *OTHERS = ("record-button", "loud-moments", "screen-to-mp4", "voice-memos")
PAGE = ("index.html", "main.py", "pyscript.toml")


@pytest.fixture(scope="module")
def packed(dist):
    return release_zip.pack(dist)


@pytest.fixture(scope="module")
def unpacked(packed):
    """The files in the zip's folder, by name."""
    folder = f"mediarecorder-{mediarecorder.__version__}"
    assert packed.name == f"{folder}.zip"
    with zipfile.ZipFile(packed) as archive:
        names = archive.namelist()
        assert all(name.startswith(f"{folder}/") for name in names)
        return {name.removeprefix(f"{folder}/"): archive.read(name) for name in names}


def test_zip_has_the_pages_the_wheel_the_packages_and_the_licences(unpacked, wheel):
    held = {name for name in unpacked if not name.startswith(("pyscript/", "pyodide/"))}
    own = {Path(wheel.filename).name, "page.js", "LICENSE", "LICENSES.txt"}
    assert held == {*PAGE, *own, *(f"{folder}/{name}" for folder in OTHERS for name in PAGE)}
    assert {name: unpacked[name] for name in PAGE} == {
        name: (ROOT / "examples" / FIRST / name).read_bytes() for name in PAGE
    }
    assert unpacked[Path(wheel.filename).name] == Path(wheel.filename).read_bytes()
    assert unpacked["page.js"] == wheel.read("mediarecorder/js/page.js")
    assert b"Mozilla Public License" in unpacked["LICENSES.txt"]
    assert json.loads(unpacked["pyodide/package.json"])["license"] == "MPL-2.0"
    assert b"Apache" in unpacked["pyscript/LICENSE"]
    assert "pyscript/xterm.license.txt" in unpacked


def test_packages_in_the_zip_are_unchanged(unpacked):
    modules = ROOT / "node_modules"
    for name, content in unpacked.items():
        folder, _, file = name.partition("/")
        if folder == "pyodide":
            assert content == (modules / name).read_bytes()
        elif folder == "pyscript" and file.endswith((".js", ".css")):
            assert content == (modules / "@pyscript" / "core" / "dist" / file).read_bytes()


@pytest.mark.parametrize("folder", ["", *(f"{name}/" for name in OTHERS)])
def test_page_in_the_zip_refers_only_to_files_in_the_zip(unpacked, folder):
    html = unpacked[f"{folder}index.html"].decode()
    config = tomllib.loads(unpacked[f"{folder}pyscript.toml"].decode())
    [(wheel, target)] = config["files"].items()
    assert target == "./*"
    addresses = re.findall(r'\b(?:src|href|config)="(?!data:)(.+?)"', html)
    assert len(addresses) == 3
    for address in (*addresses, config["interpreter"], wheel):
        assert os.path.normpath(f"{folder}{address}") in unpacked, address


def test_same_files_make_the_same_zip(packed, dist):
    before = packed.read_bytes()
    for file in dist.glob("*.whl"):
        os.utime(file, (0, 0))
    assert release_zip.pack(dist).read_bytes() == before


def test_readme_states_the_size_of_the_zip(packed):
    [size] = re.findall(r"`dist/mediarecorder-[\d.]+\.zip` \((\d+) MB\)", (ROOT / "README.md").read_text())
    assert int(size) == pytest.approx(packed.stat().st_size / 1e6, abs=0.6)


# The page of README.md


def test_page_of_the_readme_is_the_example():
    folder = ROOT / "examples" / FIRST
    assert readme.files("A page that records") == {name: (folder / name).read_text() for name in PAGE}


def test_page_of_the_readme_is_short():
    lines = [line for text in readme.files("A page that records").values() for line in text.splitlines()]
    assert len([line for line in lines if line.strip()]) <= 30


def test_readme_installs_the_pinned_npm_packages():
    pins = json.loads((ROOT / "package.json").read_text())["dependencies"]
    installed = [f"{name}@{pins[name]}" for name in ("@pyscript/core", "pyodide")]
    assert readme.commands("With PyScript").splitlines()[0] == " ".join(["npm install", *installed])
