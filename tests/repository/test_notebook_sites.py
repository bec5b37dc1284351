"""The build of the notebook sites: pins for their Python, and the fix for JupyterLite's kernel."""

from __future__ import annotations

import json
import re
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import notebooks
import pyodide_folder
from harness.places import ROOT

PINS = ROOT / "tools" / "sites" / "in-the-browser.txt"
FIRST_FIXED = {"black": "26.3.1", "python-multipart": "0.0.30", "click": "8.3.3"}
"""The first versions without the published advisories CVE-2026-32274, CVE-2026-53539 and CVE-2026-7246."""


def pins(text: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE))


def locked(npm_package: str) -> dict[str, str]:
    lock = json.loads((ROOT / "node_modules" / npm_package / "pyodide-lock.json").read_text())
    return {canonicalize_name(name): told["version"] for name, told in lock["packages"].items()}


@pytest.mark.parametrize("npm_package", ["pyodide-jupyterlite", "pyodide-marimo"])
def test_pyodides_own_pins_agree_with_its_lock_file(npm_package):
    own, others = PINS.read_text().split("\n# Newer")
    lock = locked(npm_package)
    assert pins(own) == {name: lock[canonicalize_name(name)] for name in pins(own)}
    newer, unknown = others.split("\n# Not in")
    assert all(Version(version) > Version(lock[name]) for name, version in pins(newer).items())
    assert not {canonicalize_name(name) for name in pins(unknown)} & set(lock)


def test_packages_with_published_advisories_have_the_fix():
    pinned = pins(PINS.read_text())
    assert {
        name: version for name, version in FIRST_FIXED.items() if Version(pinned[name]) < Version(version)
    } == {}


@pytest.mark.parametrize("site", ["jupyterlite/static/pyodide", "marimo/pyodide"])
def test_wheels_of_a_site_satisfy_each_others_requirements(site):
    told = []
    for wheel in (notebooks.SITES / site).glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            [metadata] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
            told.append(Parser().parsestr(archive.read(metadata).decode()))
    versions = {canonicalize_name(one["Name"]): one["Version"] for one in told}
    wanted = [
        (one["Name"], requirement)
        for one in told
        for requirement in map(Requirement, one.get_all("Requires-Dist") or [])
        if requirement.marker is None or requirement.marker.evaluate(pyodide_folder.ENVIRONMENT)
    ]
    assert len(wanted) > 10
    assert [
        f"{name} requires {requirement}"
        for name, requirement in wanted
        # (Pyodide's lock file omits some optional dependencies.)
        if (version := versions.get(canonicalize_name(requirement.name)))
        and not requirement.specifier.contains(version)
    ] == []


# JupyterLite's isolated kernel

WAIT = "const w=(W,a)=>W?Ie(a,0):(f(a),{value:0});"
FILL = "for(let v=new H(t.buffer),i=0;i<r.length;i++)v[i]=r.charCodeAt(i);"
WARNING = f'console.warn("{notebooks.MARKER} is used");'


def kernel(folder: Path, *lines: str) -> Path:
    script = folder / "pyodide-kernel-extension" / "static" / "88.js"
    script.parent.mkdir(parents=True)
    script.write_text("\n".join(lines))
    return script


def test_both_races_of_the_kernel_are_fixed(tmp_path):
    script = kernel(tmp_path, WARNING, WAIT, FILL)
    notebooks.mend_isolated_kernel(tmp_path)
    assert "Promise.resolve(Ie(a,0).value)" in script.read_text()
    assert "Atomics.store(t,0,r.charCodeAt(0)|r.charCodeAt(1)<<16)" in script.read_text()


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param((WAIT, FILL), id="without-the-warning"),
        pytest.param((WARNING, FILL), id="without-the-wait"),
        pytest.param((WARNING, WAIT), id="without-the-filling"),
        pytest.param((WARNING, WAIT, WAIT, FILL), id="with-two-waits"),
    ],
)
def test_changed_kernel_stops_the_build(tmp_path, lines):
    script = kernel(tmp_path, *lines)
    with pytest.raises(SystemExit, match="Is the race still there"):
        notebooks.mend_isolated_kernel(tmp_path)
    assert script.read_text() == "\n".join(lines)


def test_missing_kernel_stops_the_build(tmp_path):
    with pytest.raises(SystemExit, match="No script of JupyterLite"):
        notebooks.mend_isolated_kernel(tmp_path)


def test_built_site_has_the_fixed_kernel():
    scripts = (notebooks.SITES / "jupyterlite" / "extensions").rglob("*.js")
    mended = [text for text in (path.read_text() for path in scripts) if notebooks.MARKER in text]
    assert mended
    assert all(text.count("Promise.resolve(") and text.count("<<16)") for text in mended)
