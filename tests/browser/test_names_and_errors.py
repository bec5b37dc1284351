"""Functions that need no browser: names, numbers, errors, escaping."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediarecorder import errors
from mediarecorder._constraints import camel_case, rename, snake_case
from mediarecorder._html.text import clock, escape, file_size

CONSTRAINTS = st.sampled_from(
    [
        "width",
        "frameRate",
        "deviceId",
        "echoCancellation",
        "facingMode",
        "groupId",
        "aspectRatio",
        "resizeMode",
    ]
)


@given(CONSTRAINTS)
def test_names_convert_to_python_and_back(name):
    assert camel_case(snake_case(name)) == name
    assert camel_case(name) == name


@given(st.dictionaries(CONSTRAINTS, st.dictionaries(st.sampled_from(["min", "max", "ideal"]), st.integers())))
@pytest.mark.firefox_in_soak
def test_nested_dictionaries_keep_their_values(constraints):
    assert rename(rename(constraints, snake_case), camel_case) == constraints


@given(st.text())
@pytest.mark.firefox_in_soak
def test_escaped_text_opens_no_tag_and_closes_no_attribute(text):
    import html

    escaped = escape(text)
    assert not set("<>\"'") & set(escaped)
    assert html.unescape(escaped) == text or "&" in text


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (5.9, "0:05"), (754, "12:34"), (3723, "1:02:03")])
def test_clock_formats_seconds(seconds, text):
    assert clock(seconds) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (999_960, "1.0 MB"),
        (2_340_000, "2.3 MB"),
        (5e12, "5000.0 GB"),
    ],
)
def test_file_size_is_formatted(size, text):
    assert file_size(size) == text


DOM_NAMES = [
    "NotAllowedError",
    "NotFoundError",
    "NotReadableError",
    "NotSupportedError",
    "InvalidStateError",
    "SecurityError",
    "AbortError",
    "InvalidModificationError",
    "QuotaExceededError",
]


@pytest.mark.core
@pytest.mark.parametrize("name", DOM_NAMES)
def test_each_dom_error_has_its_class(name):
    import js

    error = errors.from_browser(js.DOMException.new("because", name), "doing")
    assert type(error) is getattr(errors, name)
    assert error.name == name
    assert str(error).startswith("doing: ")
    assert "because" in str(error)


def test_other_errors_keep_their_name():
    import js

    error = errors.from_browser(js.DOMException.new("because", "DataCloneError"))
    assert type(error) is errors.UnknownError
    assert error.name == "DataCloneError"


def test_javascript_type_error_becomes_pythons():
    import js

    assert type(errors.from_browser(js.TypeError.new("wrong"))) is TypeError


def test_some_errors_are_also_builtin_python_errors():
    assert issubclass(errors.NotAllowedError, PermissionError)
    assert issubclass(errors.QuotaExceededError, OSError)
    assert str(errors.NotAllowedError("no")) == "no"


def test_every_public_name_exists():
    import mediarecorder

    assert all(hasattr(mediarecorder, name) for name in mediarecorder.__all__)
    assert set(dir(errors)) & set(mediarecorder.__all__)


@pytest.fixture
def denying():
    """From now on, the page's getUserMedia rejects as in QtWebEngine when the permission is denied."""
    import js

    js.Function.new(
        "const denied = new DOMException('Invalid state', 'AbortError');"
        "navigator.mediaDevices.getUserMedia = () => Promise.reject(denied);"
    )()
    yield
    js.Reflect.deleteProperty(js.navigator.mediaDevices, "getUserMedia")


NOT_OPENED = re.compile(
    r"get_user_media: .* the settings of the browser and of the system "
    r".*QtWebEngine.*must grant.*Invalid state"
)


@pytest.mark.page_only("the browser's function is replaced in the page")
async def test_permission_denied_by_qtwebengine_says_what_to_check(denying):
    import js

    from mediarecorder import AbortError, record

    with pytest.raises(AbortError, match=NOT_OPENED):
        await record(1)
    assert "QtWebEngine" not in str(errors.from_browser(js.DOMException.new("", "AbortError"), "save"))


DENIED_IN_A_WORKER = """
import json
import mediarecorder

await mediarecorder.connect("{channel}")
said = []
for call in (
    lambda: mediarecorder.record(1),
    mediarecorder.take_photo,
    lambda: mediarecorder.media_devices.get_user_media(audio=True),
):
    try:
        await call()
    except mediarecorder.AbortError as error:
        said.append(str(error))
json.dumps(said)
"""


@pytest.mark.page_only("the browser's function is replaced in the page")
async def test_permission_denied_by_qtwebengine_says_so_in_a_worker(denying, start_worker, open_channel):
    said = json.loads(await start_worker().run(DENIED_IN_A_WORKER.format(channel=open_channel())))
    assert len(said) == 3
    for text in said:
        assert NOT_OPENED.match(text)


async def test_diagnose_returns_a_table(lane):
    from mediarecorder import diagnose

    table = await diagnose()
    in_worker = lane.endswith("worker")
    assert (table["realm"], table["page"]) == (("worker", "connected") if in_worker else ("page", "here"))
    assert "video/webm" in table["types"]
    assert "audioinput" in table["devices"]
    assert all(isinstance(value, str) for value in table.values())
    assert "pyodide" in str(table)
    assert "<table>" in table._repr_html_()
