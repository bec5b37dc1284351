"""The package for npm: the page's half of the bridge, with types."""

from __future__ import annotations

import json
import subprocess
import tarfile
from pathlib import Path

import pytest

import mediarecorder
import npm_package
from harness.places import ROOT

PACKAGE = ROOT / "package"

#: Compiles only if the types and the file export the same names, of the same types.
SAME = """\
type Real = typeof import("/static/library/bridge/page.js");
type Stated = typeof import("./package/page.js");
export const one = (stated: Stated): Real => stated;
export const other = (real: Real): Stated => real;
"""


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return npm_package.pack(tmp_path_factory.mktemp("dist"))


def test_package_has_the_file_its_types_and_its_licence(packed: Path):
    assert packed.name == f"mediarecorder-{mediarecorder.__version__}.tgz"
    with tarfile.open(packed) as archive:
        names = {name.removeprefix("package/") for name in archive.getnames()}
        assert names == {"package.json", "page.js", "page.d.ts", "README.md", "LICENSE"}
        page = archive.extractfile("package/page.js")
        assert page is not None
        assert page.read() == (ROOT / "py/mediarecorder/js/page.js").read_bytes()


def test_package_has_the_librarys_version():
    assert json.loads((PACKAGE / "package.json").read_text())["version"] == mediarecorder.__version__


def test_types_state_what_the_file_exports(tmp_path: Path):
    config = json.loads((ROOT / "tsconfig.json").read_text())
    options = config["compilerOptions"]
    options["paths"] = {
        pattern: [str(ROOT / target) for target in targets] for pattern, targets in options["paths"].items()
    }
    (tmp_path / "package").symlink_to(PACKAGE)
    (tmp_path / "same.ts").write_text(SAME)
    types = [str(path) for path in (ROOT / "static/library").rglob("*.d.ts")]
    (tmp_path / "tsconfig.json").write_text(
        json.dumps({"compilerOptions": options, "files": ["same.ts", *types]})
    )
    compiler = ROOT / "node_modules/.bin/tsc"
    done = subprocess.run([compiler, "--project", tmp_path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
