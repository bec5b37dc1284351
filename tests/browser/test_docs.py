"""The examples of the README, of docs/ and of the docstrings run unchanged."""

import ast
import asyncio
import contextlib
import inspect
import re
import types

import pytest

import mediarecorder
from harness.places import ROOT

pytestmark = pytest.mark.media_work

FENCE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
PAGES = [path for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))) if path.exists()]
EXAMPLES = [
    pytest.param(match.group(1), id=f"{page.name}-{number}")
    for page in PAGES
    for number, match in enumerate(FENCE.finditer(page.read_text()), 1)
]
"""Blocks marked ```python run; a block that only shows syntax is marked ```py."""


@pytest.fixture
async def namespace(copy_of, bench):
    """The names that an example may use: the library's, a stream, a recorder, a recording, servers."""
    import js

    with contextlib.ExitStack() as stack:
        stream = stack.enter_context(await mediarecorder.media_devices.get_user_media(audio=True, video=True))
        microphone = stack.enter_context(await mediarecorder.media_devices.get_user_media(audio=True))
        recording = await copy_of("both", seconds=0.4)
        store = await mediarecorder.RecordingStore.open("examples")
        stack.callback(store.close)
        stack.callback(mediarecorder.desktop.uninstall)
        await store.clear()
        names = {name: getattr(mediarecorder, name) for name in mediarecorder.__all__}
        yield names | {
            "mediarecorder": mediarecorder,
            "asyncio": asyncio,
            "js": js,
            "stream": stream,
            "microphone": microphone,
            "camera": stream,
            "recorder": mediarecorder.MediaRecorder(stream),
            "recording": recording,
            "store": store,
            "track": stream.video_tracks[0],
            "enough": True,
            "endpoint": bench.endpoint,
            "url": bench.receiver,
            "upload": lambda data: None,
            "meter": types.SimpleNamespace(),
        }


async def run(source, names):
    code = compile(source, "<example>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    result = eval(code, names)
    if inspect.iscoroutine(result):
        await result
    recorder = names["recorder"]
    if recorder.state != "inactive":
        await recorder.stop()


@pytest.mark.lane("chromium")
@pytest.mark.time_limit(60)
@pytest.mark.parametrize("source", EXAMPLES)
async def test_example_in_documentation_runs(source, namespace):
    await run(source, namespace)


def documented():
    for name in mediarecorder.__all__:
        thing = getattr(mediarecorder, name)
        members = (
            vars(thing).items()
            if inspect.isclass(thing) and thing.__module__.startswith("mediarecorder")
            else ()
        )
        for label, candidate in ((name, thing), *((f"{name}.{key}", value) for key, value in members)):
            candidate = getattr(candidate, "__func__", candidate)
            is_code = callable(candidate) or isinstance(candidate, property)
            text = (getattr(candidate, "fget", None) or candidate).__doc__ if is_code else None
            if text and ">>>" in text:
                yield pytest.param(text, id=label)


DOCUMENTED = list(documented())
OF_A_TAB = [param for param in DOCUMENTED if "slides" in param.values[0]]


@pytest.mark.lane("chromium")
@pytest.mark.parametrize("text", [param for param in DOCUMENTED if param not in OF_A_TAB])
async def test_docstring_example_runs(text, namespace):
    await try_examples(text, namespace)


@pytest.mark.lane("chromium-permissions")
@pytest.mark.parametrize("text", OF_A_TAB)
async def test_docstring_example_with_a_shared_tab_runs(text, namespace, stage):
    stage.innerHTML = '<p id="slides" style="isolation: isolate">Slides</p>'
    with await mediarecorder.media_devices.get_display_media(prefer_current_tab=True) as screen:
        [picture] = screen.video_tracks
        await try_examples(text, {**namespace, "screen": screen, "picture": picture})


async def try_examples(text, namespace):
    import doctest

    for example in doctest.DocTestParser().get_examples(inspect.cleandoc(text)):
        value = await outcome(example.source, namespace)
        if example.want:
            assert value is not None, example.source
    recorder = namespace["recorder"]
    if recorder.state != "inactive":
        await recorder.stop()


async def outcome(source, names):
    """The value of the last expression of `source`, if it is one."""
    tree = ast.parse(source)
    if isinstance(tree.body[-1], ast.Expr):
        tree.body[-1] = ast.Assign([ast.Name("_value", ast.Store())], tree.body[-1].value)
    names["_value"] = None
    await run_tree(ast.fix_missing_locations(tree), names)
    return names["_value"]


async def run_tree(tree, names):
    result = eval(compile(tree, "<example>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), names)
    if inspect.iscoroutine(result):
        await result
