"""The table of set-up steps. tools/prepare.py says which target needs which rows."""

from __future__ import annotations

import os
import sys
from dataclasses import replace

from . import environment
from .step import Step

PIP = f"{{python}} {' '.join(environment.PIP)}"
DOWNLOAD = "{python} -m pip download --quiet --no-deps --only-binary :all:"

#: Wheels for Python in the notebook sites: for their Pyodide, or for any machine.
SITE_PLATFORM = "--python-version 3.14 --implementation cp --abi cp314 --abi none"
SITE_PLATFORM += " --platform pyemscripten_2026_0_wasm32 --platform any"
#: Wheels that the oldest supported Pyodide can load, the only one with a numpy wheel.
PEER_PLATFORM = "--python-version 3.12 --implementation cp --abi none --platform any"


def _python_packages(name: str, pins: str) -> Step:
    says = f"installing Python packages: {pins}"
    return Step(name, ".venv", says, commands=(f"{PIP} -r {pins}",), sources=(pins,), own=False)


def _environment(name: str, folder: str, says: str, pins: str) -> Step:
    """An environment of its own, for tools whose packages differ from ours."""
    return Step(
        name=name,
        folder=f"{{cache}}/{folder}-{{key}}",
        says=f"installing {says}: {pins}",
        sources=(pins,),
        also=(sys.version, os.path.realpath(sys.executable)),
        commands=(
            "{system} -m venv --clear --without-pip {folder}",
            "{python} -m pip --quiet --disable-pip-version-check --python {folder}/bin/python"
            f" install --no-deps --no-compile -r {pins}",
        ),
    )


def _wheels(folder: str, of: str, pins: str) -> Step:
    """Wheels that Python loads in a page."""
    return Step(
        name="wheels",
        folder=f"{{cache}}/{folder}-{{key}}",
        says=f"downloading wheels for {of}: {pins}",
        sources=(pins,),
        also=(SITE_PLATFORM,),
        commands=(f"{DOWNLOAD} {SITE_PLATFORM} --dest {{folder}} -r {pins}",),
    )


def _npm_packages(folder: str) -> Step:
    """npm packages of their own, for what the library and its page do not need."""
    return Step(
        name="all",
        folder=f"{folder}/node_modules",
        own=False,
        says=f"installing npm packages: {folder}/package-lock.json",
        sources=(f"{folder}/package.json", f"{folder}/package-lock.json", ".npmrc"),
        commands=(f"{{npm}} ci --prefix {folder}",),
    )


#: The sources of the library's wheel.
OF_THE_WHEEL = (
    *("py/mediarecorder/**/*", "tools/long_description.py", "tools/smallest_wheel.py"),
    *("pyproject.toml", "README.md", "LICENSE", "package-lock.json"),
)

#: What builds the wheel.
BUILDER = _python_packages("builder", "requirements-build.txt")
CHECKERS = _python_packages("dev", "requirements-dev.txt")
JUDGES = _python_packages("judges", "tests/harness/judge-requirements.txt")
NODE_MODULES = Step(
    name="all",
    folder="node_modules",
    own=False,
    says="installing npm packages: package-lock.json",
    sources=("package.json", "package-lock.json", ".npmrc"),
    commands=("{npm} ci",),
)
#: Without the checkers. It has everything that the JavaScript of the wheel and of the demo is bundled from.
NODE_MODULES_OF_DEMO = replace(NODE_MODULES, name="demo", or_else="all", commands=("{npm} ci --omit=dev",))
#: The library's JavaScript, in the package, where the wheel and the tests find it.
JAVASCRIPT = Step(
    name="bundled",
    folder="py/mediarecorder/js",
    says="bundling JavaScript: static/library",
    sources=(
        "package-lock.json",
        "tools/bundle.mjs",
        "tools/patches.mjs",
        "tools/patches/*",
        "py/mediarecorder/__init__.py",
        "py/mediarecorder/formats.py",
        "static/library/**/*.js",
        "static/library/**/*.txt",
    ),
    commands=("{node} tools/bundle.mjs",),
    makes="py/mediarecorder/js/media.js",
)
#: The modules of others that `mediarecorder.desktop` runs, in the package.
PACKAGED = Step(
    name="copied",
    folder="py/mediarecorder/_desktop/packaged",
    says="copying sounddevice into the package: requirements-desktop.txt",
    sources=("requirements-desktop.txt", "tools/sounddevice_module.py"),
    commands=(
        f"{DOWNLOAD} --dest build/sounddevice -r requirements-desktop.txt",
        "{python} tools/sounddevice_module.py build/sounddevice {folder}",
    ),
    makes="py/mediarecorder/_desktop/packaged/sounddevice.py",
)
#: The demo page's Python in one file, with bytecode for the page's interpreter.
PACKED = Step(
    name="packed",
    folder="py/packed",
    says="packing the Python of the demo page: py",
    sources=(
        *("package-lock.json", "tools/in_pyodide.mjs", "tools/pack.py"),
        *("py/demo/*.py", "py/mediarecorder/**/*"),
    ),
    commands=("{node} tools/in_pyodide.mjs tools/pack.py",),
    makes="py/packed/demo.zip",
)
#: An environment with the builders of both sites. It is large, and changes only with its pins.
SITE_BUILDERS = _environment(
    "builders", "site-builders", "the builders of the notebook sites", "tools/sites/builders.txt"
)
#: The wheels that Python loads in the notebook sites.
SITE_WHEELS = _wheels("site-wheels", "the notebook sites", "tools/sites/in-the-browser.txt")
#: The JupyterLite and the marimo site, with the library's wheel inside.
SITES = Step(
    name="built",
    folder="build/notebooks",
    says="building the notebook sites: notebooks",
    sources=(
        *("notebooks/**/*", "tools/sites/*"),
        *("tools/notebooks.py", "tools/pyodide_folder.py", "tools/wheels.py", "tools/export_marimo.py"),
        *OF_THE_WHEEL,
    ),
    needs=(SITE_BUILDERS, SITE_WHEELS),
    commands=("{python} tools/notebooks.py {builders} {wheels}",),
)
#: A JupyterLite and a marimo with numpy, for tests.
NUMPY_SITE = Step(
    name="built",
    folder="build/numpy-notebooks",
    says="building notebook sites with numpy",
    sources=(
        *("notebooks/first-recording.ipynb", "notebooks/marimo/first_recording.py"),
        *("tools/setup/numpy_wheel.py", "tools/numpy_notebooks.py", "tools/export_older_marimo.py"),
        *("tools/notebooks.py", "tools/pyodide_folder.py", "tools/wheels.py"),
        *OF_THE_WHEEL,
    ),
    needs=(SITE_BUILDERS, SITE_WHEELS),
    commands=("{python} tools/numpy_notebooks.py {builders} {wheels}",),
)
#: An environment with Panel's and Flet's own commands.
HOST_BUILDERS = _environment(
    "builders", "host-builders", "the builders of the hosts' apps", "tools/hosts/builders.txt"
)
#: The wheels that Python loads in the hosts' apps.
HOST_WHEELS = _wheels("host-wheels", "the hosts' apps", "tools/hosts/in-the-browser.txt")
#: stlite, and the Pyodide that it needs.
HOST_MODULES = _npm_packages("tools/hosts")
#: Apps of stlite, Panel and Flet, with the library's wheel inside.
HOSTS = Step(
    name="built",
    folder="build/hosts",
    says="building the hosts' apps: tests/hosts/apps",
    sources=(
        *("tests/hosts/apps/**/*", "tools/hosts/*", "tools/setup/numpy_wheel.py"),
        *("tools/host_sites.py", "tools/notebooks.py", "tools/pyodide_folder.py", "tools/wheels.py"),
        *OF_THE_WHEEL,
    ),
    needs=(HOST_BUILDERS, HOST_WHEELS, HOST_MODULES),
    commands=("{python} tools/host_sites.py {builders} {wheels}",),
)
#: The guide's servers that recordings are sent to: npm packages, and an environment for those in Python.
SERVER_MODULES = _npm_packages("tools/servers")
SERVERS = replace(
    _environment("made", "servers", "servers", "tools/servers/requirements.txt"),
    folder="build/servers",
    needs=(SERVER_MODULES,),
)
#: An environment with the builder of the documentation site.
DOCUMENTER = _environment(
    "documenter", "docs-builder", "the builder of the documentation site", "requirements-docs.txt"
)
#: The documentation site, with an interpreter and the library's wheel for its examples.
DOCS = Step(
    name="built",
    folder="build/docs",
    says="building the documentation site: docs",
    sources=(
        *("docs/**/*", "benchmarks/results/*.svg", "static/demo/icon.svg"),
        *("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"),
        *("tools/docs_site.py", "tools/docs_pages.py", "requirements-docs.txt"),
        *OF_THE_WHEEL,
    ),
    also=(os.environ.get("REPOSITORY_URL", ""),),
    needs=(DOCUMENTER,),
    commands=("{python} tools/docs_site.py {documenter}",),
)
#: Packages that pytest needs inside the browser, where Python has neither pip nor a network, with bytecode.
INNER_SITE = Step(
    name="made",
    folder="build/inner-site",
    says="installing Python packages for the browser: tests/harness/in-page-requirements.txt",
    sources=(
        *("package-lock.json", "tools/in_pyodide.mjs", "tools/compile_packages.py"),
        "tests/harness/in-page-requirements.txt",
    ),
    commands=(
        f"{PIP} --target {{folder}} --no-deps --no-compile --only-binary :all:"
        " -r tests/harness/in-page-requirements.txt",
        "{node} tools/in_pyodide.mjs tools/compile_packages.py",
    ),
)
#: The benchmarks' peers: npm packages, bundled with the code that measures them, and Python wheels.
PEERS = Step(
    name="made",
    folder="build/peers",
    says="installing the peers of the benchmarks: benchmarks/peers",
    sources=(
        "package-lock.json",
        *(f"benchmarks/peers/{name}" for name in ("package.json", "package-lock.json", "wheels.txt", "*.js")),
    ),
    also=(PEER_PLATFORM,),
    commands=(
        "{npm} ci --prefix benchmarks/peers",
        "node_modules/.bin/esbuild benchmarks/peers/*.js"
        " --bundle --format=esm --log-level=warning --outdir={folder}",
        f"{DOWNLOAD} {PEER_PLATFORM} --dest {{folder}}/wheels -r benchmarks/peers/wheels.txt",
    ),
    makes="benchmarks/peers/node_modules",
)
