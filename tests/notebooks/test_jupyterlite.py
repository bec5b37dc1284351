"""The library in JupyterLite: importable in every app, with and without cross-origin isolation."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

import mediarecorder

FIRST = "first-recording.ipynb"
VERSION = mediarecorder.__version__
BLOCKING = """from mediarecorder import blocking

def record():
    return blocking.record(0.4, video=True)

recording = record()
print(recording.duration > 0.2, len(blocking.run(recording.bytes())) == recording.size)"""


@pytest.mark.soak
@pytest.mark.parametrize("app", ["lab", "repl"])
def test_library_is_imported_without_installing(jupyterlite, app, served):
    jupyterlite.open(app, FIRST)
    assert jupyterlite.page.evaluate("crossOriginIsolated") is (served == "isolated")
    cell = jupyterlite.run("import mediarecorder\nprint(mediarecorder.__version__)")
    assert jupyterlite.printed(cell) == f"{VERSION}\n"
    expect(jupyterlite.output(cell)).to_have_text(VERSION)

    # JupyterLite's own isolated kernel occasionally loses answers; tools/notebooks.py fixes it.
    for number in range(10):
        assert jupyterlite.printed(jupyterlite.run(f"print({number})")) == f"{number}\n"
    assert jupyterlite.errors() == []


@pytest.mark.soak
@pytest.mark.parametrize("served", ["isolated"], indirect=True)
def test_notebook_runs_completely_in_lab(jupyterlite):
    """test_examples.py runs all of them in "notebooks", and checks their output."""
    jupyterlite.open("lab", FIRST)
    jupyterlite.run_all()
    assert jupyterlite.errors() == []
    numbers = jupyterlite.page.evaluate("lite.code.map((cell) => cell.model.executionCount)")
    assert numbers == list(range(1, len(numbers) + 1)), "every cell has run"


@pytest.mark.thorough
@pytest.mark.parametrize("served", ["plain"], indirect=True)
def test_plain_function_records_without_await(shared_notebook):
    cell = shared_notebook.run(BLOCKING)
    assert shared_notebook.printed(cell) == "True True\n"
    assert shared_notebook.errors() == []


@pytest.mark.soak
@pytest.mark.parametrize("served", ["plain"], indirect=True)
def test_restart_clears_the_kernel_and_the_file_keeps_outputs(jupyterlite):
    jupyterlite.open("notebooks", FIRST)
    jupyterlite.run("%pip install mediarecorder\nimport mediarecorder\nfound = 1")
    assert jupyterlite.errors() == []
    jupyterlite.start("import asyncio\nawait asyncio.sleep(1000)")

    jupyterlite.restart_kernel()
    cell = jupyterlite.run("print('found' in globals())")
    assert jupyterlite.printed(cell) == "False\n"

    jupyterlite.run("found")
    assert jupyterlite.errors() == ["NameError: name 'found' is not defined"]
    saved = jupyterlite.save()["cells"][cell]["outputs"]
    assert saved == [{"name": "stdout", "output_type": "stream", "text": "False\n"}]
