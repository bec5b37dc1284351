"""MicroPython, PyScript's other interpreter: the package reports at once that it cannot run there."""

from __future__ import annotations

import subprocess

import pytest

from harness.places import ROOT
from setup.node import find_node

MICROPYTHON = ROOT / "node_modules/@micropython/micropython-webassembly-pyscript/micropython.mjs"

PROGRAM = """
import { readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { loadMicroPython } from "%s";
const python = await loadMicroPython();
python.FS.mkdir("/mediarecorder");
for (const name of readdirSync("py/mediarecorder", { recursive: true })) {
  if (!name.endsWith(".py")) continue;
  python.FS.mkdirTree(`/mediarecorder/${dirname(name)}`);
  python.FS.writeFile(`/mediarecorder/${name}`, readFileSync(`py/mediarecorder/${name}`));
}
try {
  python.runPython("import sys\\nsys.path.append('/')\\n" + process.argv[1]);
} catch ({ message }) {
  console.log(message);
}
"""


@pytest.mark.parametrize(
    "statement",
    ["import mediarecorder", "from mediarecorder import record", "import mediarecorder.blocking"],
)
def test_import_error_in_micropython_says_what_is_needed(statement):
    program = PROGRAM % MICROPYTHON.as_uri()
    command = [str(find_node()), "--input-type=module", "--eval", program, statement]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    error = done.stdout.strip().splitlines()[-1]
    assert error == 'ImportError: mediarecorder needs Pyodide: <script type="py">, not <script type="mpy">'
