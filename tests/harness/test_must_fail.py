"""The harness catches faults: every test of must_fail.py fails, for the reason that it names."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from harness import must_fail
from harness.places import ROOT

# Tests whose page hangs or goes away take long.
pytestmark = pytest.mark.soak

OFFENCES = [name for name in vars(must_fail) if name.startswith("test_")]


@pytest.fixture(scope="module", params=["chromium", "firefox", "webkit"])
def failures(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The whole report of each failed test."""
    report = tmp_path_factory.mktemp("offences") / "report.xml"
    command = ("-m", "pytest", "-k", request.param, f"--junitxml={report}", str(Path(must_fail.__file__)))
    subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, check=False)
    cases = ElementTree.parse(report).iter("testcase")
    return {
        case.attrib["name"].split("[")[0]: "".join(case.itertext())
        for case in cases
        if case.find("failure") is not None or case.find("error") is not None
    }


@pytest.mark.parametrize("name", OFFENCES)
def test_offence_is_caught(name: str, failures: dict[str, str], request: pytest.FixtureRequest) -> None:
    offence = getattr(must_fail, name)
    if request.node.callspec.params["failures"] == "webkit":
        for mark in getattr(offence, "pytestmark", []):
            if mark.name == "two_engines_only":
                pytest.skip(mark.args[0])
    assert offence.__doc__ in failures[name]
