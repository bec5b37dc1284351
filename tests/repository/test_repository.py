"""Lists that must agree with the listed files, and the library on plain CPython."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
import zipfile

import pytest

import mediarecorder
from harness.places import PAGE_PROBE, ROOT


def test_library_can_be_imported_on_cpython_without_packages():
    command = [sys.executable, "-I", "-S", "-c", "import sys; sys.path.append('py'); import mediarecorder"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_using_the_library_on_cpython_says_where_it_works():
    with pytest.raises(mediarecorder.BrowserRequiredError, match="browser"):
        mediarecorder.record(1).send(None)  # one step of the coroutine is enough


def test_every_public_name_exists():
    missing = [name for name in mediarecorder.__all__ if not hasattr(mediarecorder, name)]
    assert missing == []


#: The library reads its public names from these.
NAMES = {"mediarecorder/__init__.pyi"}


def python_of(folder: str) -> set[str]:
    return {file.relative_to(ROOT / "py").as_posix() for file in (ROOT / "py" / folder).rglob("*.py")}


def test_page_fetches_exactly_the_existing_python():
    """An outdated archive causes errors only in the page: run tools/prepare.py demo."""
    [(address, name)] = tomllib.loads((ROOT / "pyscript.toml").read_text())["files"].items()
    page = (ROOT / "index.html").read_text()
    assert f'data-early="{address.removeprefix("./")}"' in page
    scripts = re.findall(r'<script type="py" src="py/(.+?)"', page)
    assert f'sys.path.append("{name.removeprefix("./")}")' in (ROOT / "py" / scripts[0]).read_text()
    with zipfile.ZipFile(ROOT / address) as archive:
        packed = {file for file in archive.namelist() if file.endswith(".py")}
        library = {file for file in python_of("mediarecorder") if "/_desktop/" not in file}
        assert packed == (python_of("demo") | library) - set(scripts)
        assert {file for file in packed if archive.read(file) != (ROOT / "py" / file).read_bytes()} == set()
        assert {f"{file}c" for file in packed} | packed | NAMES == set(archive.namelist())


def test_files_for_pages_are_in_one_support_folder():
    beside = {file.name for file in (ROOT / "tests/browser").iterdir() if file.name != "__pycache__"}
    assert {name for name in beside if not re.fullmatch(r"test_\w+\.py", name)} == {"conftest.py", "support"}


def test_only_one_spy_watches_pages():
    spies = re.compile(
        r"\b(getUserMedia|BroadcastChannel)(\.prototype\.\w+)? = (async )?(class|function|new P)"
    )
    files = [*(ROOT / "tests").rglob("*.js"), *(ROOT / "tests").rglob("*.py")]
    assert [file.name for file in files if spies.search(file.read_text())] == [PAGE_PROBE.name]


NPM = pytest.mark.parametrize("folder", [".", "benchmarks/peers", "tools/hosts", "tools/servers"])


@NPM
def test_npm_lock_names_no_registry(folder):
    text = (ROOT / folder / "package-lock.json").read_text()
    assert "://" not in re.sub(r'"url": ".*"', "", text)  # where to give money to the authors
    assert '"resolved"' not in text


@NPM
def test_npm_packages_are_pinned_and_locked(folder):
    package = json.loads((ROOT / folder / "package.json").read_text())
    lock = json.loads((ROOT / folder / "package-lock.json").read_text())["packages"]
    for name, version in (package["dependencies"] | package.get("devDependencies", {})).items():
        exact = version.rpartition("@")[2]
        assert re.fullmatch(r"\d+\.\d+\.\d+", exact), f"{name} {version}"
        assert lock[f"node_modules/{name}"]["version"] == exact
    assert all("integrity" in entry for path, entry in lock.items() if path)


FROM_A_PACKAGE = re.compile(r'^(?:import |export |\} ).*?from "((?:@[\w-]+/)?[\w-]+)', re.MULTILINE)


def test_bundling_needs_no_package_of_the_checkers():
    """`make demo` and `make dist` install the packages without those of development."""
    tools = [ROOT / "tools/bundle.mjs", ROOT / "tools/patches.mjs", *(ROOT / "tools/patches").glob("*.mjs")]
    sources = [*tools, ROOT / "tools/in_pyodide.mjs", *(ROOT / "static/library").rglob("*.js")]
    imported = {name for file in sources for name in FROM_A_PACKAGE.findall(file.read_text())}
    packages = imported - {"node", "formats", "encoder"}
    lock = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert {"esbuild", "mediabunny", "pyodide"} <= packages
    assert {name for name in packages if lock[f"node_modules/{name}"].get("dev")} == set()


def pins(name: str) -> dict[str, str]:
    lines = (line.partition("#")[0].strip() for line in (ROOT / name).read_text().splitlines())
    return {
        package.lower(): version for package, _, version in (line.partition("==") for line in lines if line)
    }


@pytest.mark.parametrize(
    "name",
    [
        *("requirements-build.txt", "requirements-dev.txt", "requirements-docs.txt"),
        *("tests/harness/in-page-requirements.txt", "benchmarks/peers/wheels.txt"),
    ],
)
def test_python_packages_are_pinned(name):
    exact = re.compile(r"[\d.]+(b\d+|\.post\d+)?")
    loose = [package for package, version in pins(name).items() if not exact.fullmatch(version)]
    assert loose == []


def test_pytest_is_the_same_inside_and_outside_the_browser():
    outside = pins("requirements-build.txt") | pins("requirements-dev.txt")
    inside = pins("tests/harness/in-page-requirements.txt")
    assert {package: outside.get(package) for package in inside} == inside


EXAMPLES = sorted(file.relative_to(ROOT).as_posix() for file in ROOT.glob("examples/*/pyscript.toml"))


@pytest.mark.parametrize("page", ["README.md", "docs/guide.md", *EXAMPLES])
def test_documentation_names_the_current_wheel(page):
    versions = re.findall(r"mediarecorder-([\w.]+)-py3-none-any\.whl", (ROOT / page).read_text())
    assert set(versions) == {mediarecorder.__version__}


def npm_pins(folder: str) -> dict[str, str]:
    package = json.loads((ROOT / folder / "package.json").read_text())
    return package["dependencies"]


@pytest.mark.parametrize("page", ["README.md", "docs/guide.md"])
def test_stated_versions_of_hosts_are_those_of_the_tests(page):
    builders = pins("tools/sites/builders.txt") | pins("tools/hosts/builders.txt")
    tested = {
        "JupyterLite": builders["jupyterlite-core"],
        "marimo": builders["marimo"],
        "Panel": builders["panel"],
        "Flet": builders["flet"],
        "stlite": npm_pins("tools/hosts")["@stlite/browser"],
        "PyScript": npm_pins(".")["@pyscript/core"],
    }
    stated = set(re.findall(rf"\b({'|'.join(tested)}) (\d+\.\d+\.\d+)", (ROOT / page).read_text()))
    assert stated <= tested.items()
    assert {"JupyterLite", "marimo", "stlite", "Panel", "Flet"} <= {name for name, _ in stated}


def test_make_help_lists_every_target():
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)) - {"help"}
    told = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {name for name in targets if f"make {name}" not in told} == set()


def test_importing_the_recorder_imports_little():
    """The import is compiled in each page, before the page can react to a click."""
    program = """
import asyncio, sys
before = set(sys.modules)
from mediarecorder import MediaRecorder, media_devices
print(*sorted(name for name in set(sys.modules) - before if name.startswith("mediarecorder")))
"""
    command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.append('py')\n{program}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    names = ("", "_constraints", "_host", "_host.browser", "_reminder", "devices", "event_target", "recorder")
    assert done.stdout.split() == [f"mediarecorder.{name}".rstrip(".") for name in names]


def test_blocking_calls_are_loaded_lazily_and_say_where_they_work():
    program = """
import asyncio, sys, mediarecorder
assert "mediarecorder.blocking" not in sys.modules
blocking = mediarecorder.blocking
for call in lambda: blocking.record(1), lambda: blocking.run(asyncio.sleep(0)), blocking.diagnose:
    try:
        call()
    except mediarecorder.BrowserRequiredError as error:
        assert "browser" in str(error)
    else:
        sys.exit("no error")
"""
    command = [sys.executable, "-I", "-S", "-Wdefault", "-c", f"import sys; sys.path.append('py')\n{program}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
