"""`cv2` in the browser, used as OpenCV's tutorials use it."""

import asyncio
import gc
import logging
import sys
import textwrap
from array import array

import pytest
from support.ask_judge import foreign, pictures, probe
from support.eventually import until

from mediarecorder import InvalidStateError, PageUnavailableError, Recording, desktop
from mediarecorder._desktop import capture, opencv, windows

page = pytest.mark.lane("chromium-numpy")
both_realms = pytest.mark.lane("chromium-numpy", "chromium-stereo-worker")
each_lane = pytest.mark.lane("chromium-numpy", "chromium-stereo-worker", "firefox-numpy")
without_numpy = pytest.mark.lane("chromium", "chromium-worker", "firefox")
pytestmark = [page, pytest.mark.firefox_in_soak]

NAMES = (
    *("VideoCapture", "VideoWriter", "imshow", "waitKey", "pollKey", "namedWindow", "destroyWindow"),
    *("destroyAllWindows", "getWindowProperty", "resizeWindow", "moveWindow"),
)


@pytest.fixture
def cv2():
    undo = opencv.install()
    import cv2

    yield cv2
    undo()
    assert "cv2" not in sys.modules


def grays(count, width=64, height=48):
    """Picture `n` has the gray value `8 * n`."""
    import numpy

    return [numpy.full((height, width), 8 * number, "uint8") for number in range(count)]


def number_of(picture):
    return round(float(picture.mean()) / 8)


@pytest.fixture(params=["mp4", "webm"])
async def film(request, tmp_path):
    """A file with 30 pictures, ten a second."""
    path = str(tmp_path / f"film.{request.param}")
    recording = await Recording.from_frames(grays(30), 10, request.param)
    await recording.write_to(path)
    return path


@pytest.fixture
async def mp4(tmp_path):
    path = str(tmp_path / "film.mp4")
    await (await Recording.from_frames(grays(30), 10, "mp4")).write_to(path)
    return path


# The module


def test_constants_have_the_values_of_opencv(cv2):
    values = {
        **{"CAP_PROP_POS_MSEC": 0, "CAP_PROP_FRAME_WIDTH": 3, "CAP_PROP_FPS": 5, "CAP_PROP_FOURCC": 6},
        **{"CAP_PROP_FRAME_COUNT": 7, "CAP_PROP_EXPOSURE": 15, "CAP_PROP_ISO_SPEED": 30, "CAP_PROP_PAN": 33},
        **{"CAP_PROP_BUFFERSIZE": 38, "CAP_PROP_ORIENTATION_AUTO": 49, "CAP_PROP_N_THREADS": 70},
        **{"CAP_ANY": 0, "CAP_V4L2": 200, "CAP_DSHOW": 700, "CAP_MSMF": 1400, "CAP_FFMPEG": 1900},
        **{"VIDEOWRITER_PROP_UNKNOWN": -1, "VIDEOWRITER_PROP_QUALITY": 1, "VIDEOWRITER_PROP_IS_COLOR": 4},
        **{"WINDOW_NORMAL": 0, "WINDOW_AUTOSIZE": 1, "WINDOW_KEEPRATIO": 0, "WND_PROP_VISIBLE": 4},
    }
    assert {name: getattr(cv2, name) for name in values} == values


def test_missing_functions_name_opencv(cv2):
    with pytest.raises(AttributeError, match=r"cv2\.cvtColor needs OpenCV, which is not installed"):
        cv2.cvtColor(None, 6)
    assert not hasattr(cv2, "COLOR_BGR2GRAY")
    assert int(cv2.__version__.split(".")[0]) >= 4


def test_fourcc_is_the_number_of_the_letters(cv2):
    assert cv2.VideoWriter_fourcc(*"mp4v") == cv2.VideoWriter.fourcc("m", "p", "4", "v") == 0x7634706D
    with pytest.raises(TypeError):
        cv2.VideoWriter_fourcc(*"mp4")
    with pytest.raises(cv2.error):
        cv2.VideoWriter_fourcc("mp", "4", "v", "x")


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A package like OpenCV, installed as a file, which has no windows."""
    package = tmp_path / "site" / "cv2"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(
        textwrap.dedent("""
            class error(Exception): ...
            class VideoCapture: ...
            class VideoWriter: ...
            def flip(picture, axis): return picture[::-1] if axis == 0 else picture[:, ::-1]
            def imshow(winname, mat): raise error("not implemented in this build")
            waitKey = destroyAllWindows = imshow
        """)
    )
    monkeypatch.syspath_prepend(package.parent)
    yield
    sys.modules.pop("cv2", None)


def test_installed_opencv_keeps_all_but_these_names(installed):
    import cv2

    before = dict(vars(cv2))
    undo = opencv.install()
    assert sys.modules["cv2"] is cv2
    ours = {name for name, value in vars(cv2).items() if before.get(name) is not value}
    assert ours == set(NAMES)
    with pytest.raises(before["error"]):
        cv2.VideoCapture(1.5)
    undo()
    assert dict(vars(cv2)) == before


def test_desktop_installs_cv2():
    desktop.install()
    import cv2

    assert cv2.VideoCapture is capture.VideoCapture
    desktop.uninstall()
    assert "cv2" not in sys.modules


# A camera


@each_lane
def test_tutorial_loop_reads_the_camera(cv2):
    cap = cv2.VideoCapture(0)
    assert cap.isOpened()
    width, height = (int(cap.get(name)) for name in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
    times = []
    while len(times) < 5:
        ret, frame = cap.read()
        assert ret is True
        assert (frame.shape, frame.dtype.name) == ((height, width, 3), "uint8")
        times.append(cap.get(cv2.CAP_PROP_POS_MSEC))
        assert cv2.waitKey(1) == -1
    cap.release()
    cv2.destroyAllWindows()
    assert times == sorted(set(times))
    assert not cap.isOpened()
    assert cap.read() == (False, None)


@page
def test_camera_has_its_settings_and_takes_others(cv2):
    with cv2.VideoCapture(0) as cap:
        assert cap.set(cv2.CAP_PROP_FRAME_WIDTH, 160)
        assert cap.set(cv2.CAP_PROP_FRAME_HEIGHT, 120)
        assert cap.set(cv2.CAP_PROP_FPS, 10)
        assert cap.get(cv2.CAP_PROP_FRAME_WIDTH) == 160.0
        assert cap.get(cv2.CAP_PROP_FPS) == pytest.approx(10, abs=1)
        assert cap.get(cv2.CAP_PROP_BUFFERSIZE) == 1.0
        assert cap.set(cv2.CAP_PROP_BUFFERSIZE, 1) is True
        assert cap.set(cv2.CAP_PROP_FRAME_COUNT, 1) is False
        assert cap.get(cv2.CAP_PROP_FRAME_COUNT) == -1.0
        shapes = [cap.read()[1].shape for _ in range(5)]
        assert shapes[-1] == (120, 160, 3)
        assert cap.getBackendName()


def test_impossible_settings_of_a_camera_change_nothing(cv2):
    with cv2.VideoCapture(0) as cap:
        rate = cap.get(cv2.CAP_PROP_FPS)
        for name in (cv2.CAP_PROP_FPS, cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT):
            for value in (0, -5, float("nan")):
                assert cap.set(name, value) is False
        assert cap.get(cv2.CAP_PROP_FPS) == rate
        cap.set(cv2.CAP_PROP_FRAME_WIDTH, 1e18)
        assert cap.set(cv2.CAP_PROP_FRAME_WIDTH, 160) is True
        assert cap.get(cv2.CAP_PROP_FRAME_WIDTH) == 160.0


def test_parameters_are_set_when_the_camera_opens(cv2):
    cap = cv2.VideoCapture(cv2.CAP_DSHOW, 0, [cv2.CAP_PROP_FRAME_WIDTH, 160, cv2.CAP_PROP_FRAME_HEIGHT, 120])
    assert cap.get(cv2.CAP_PROP_FRAME_WIDTH) == 160.0
    cap.release()


@both_realms
async def test_slow_script_gets_the_newest_picture(cv2):
    with cv2.VideoCapture(0) as cap:
        cap.read()
        await asyncio.sleep(0.8)
        cap.read()
        before = cap.get(cv2.CAP_PROP_POS_MSEC)
        await asyncio.sleep(0.8)
        cap.read()
        assert cap.get(cv2.CAP_PROP_POS_MSEC) - before > 500


@both_realms
def test_missing_camera_is_not_opened(cv2, caplog):
    cap = cv2.VideoCapture(50)
    assert not cap.isOpened()
    assert cap.read() == (False, None)
    assert cap.get(cv2.CAP_PROP_FPS) == -1.0
    assert cap.set(cv2.CAP_PROP_FPS, 10) is False
    assert "there is no camera 50; the browser has 1" in caplog.text
    cap.setExceptionMode(True)
    with pytest.raises(cv2.error, match="there is no camera 51"):
        cap.open(51)


async def test_camera_is_released_however_its_use_ends(cv2, page_probe, no_leaks):
    async with no_leaks:
        use_the_camera(cv2, page_probe)


def use_the_camera(cv2, page_probe):
    cap = cv2.VideoCapture(0)
    cap.read()
    assert page_probe.live() == 1
    cap.release()
    assert page_probe.live() == 0

    cap = cv2.VideoCapture(index=0)
    cap.read()
    del cap
    gc.collect()
    assert page_probe.live() == 0

    with pytest.raises(LookupError), cv2.VideoCapture(0) as cap:
        raise LookupError
    assert page_probe.live() == 0

    cap = cv2.VideoCapture(0)
    cap.open(0)
    assert page_probe.live() == 1
    cap.release()


async def test_pictures_end_with_the_camera(cv2, page_probe):
    cap = cv2.VideoCapture(0)
    assert cap.read()[0]
    page_probe.lose()
    for _ in range(5):
        ok, _picture = cap.read()
        if not ok:
            break
    assert cap.read() == (False, None)


@pytest.mark.parametrize("source", [1.5, [], b"film.mp4", None])
def test_unusable_sources_are_rejected(cv2, source):
    with pytest.raises(cv2.error):
        cv2.VideoCapture(source)


@pytest.mark.parametrize("property", ["fps", 1.5, None])
def test_properties_are_integers(cv2, property):
    with pytest.raises(TypeError, match="propId"):
        cv2.VideoCapture().get(property)


async def test_event_handler_is_told_how_to_await(cv2):
    import js
    from pyodide.ffi import create_once_callable

    found = asyncio.get_running_loop().create_future()

    def handler():
        for call in (lambda: cv2.VideoCapture(0), lambda: cv2.waitKey(1)):
            try:
                call()
            except InvalidStateError as error:
                errors.append(str(error))
        found.set_result(None)

    errors = []
    js.setTimeout(create_once_callable(handler), 0)
    await found
    assert len(errors) == 2
    assert "async for frame in stream.frames" in errors[0]
    assert "await asyncio.sleep" in errors[1]


@pytest.mark.lane("chromium")
async def test_browser_without_jspi_is_told_how_to_await(start_worker):
    worker = start_worker(module="/tests/browser/support/no_jspi.js")
    with pytest.raises(RuntimeError, match=r"NotSupportedError.*no JSPI.*async for frame in stream\.frames"):
        await worker.run(
            "from mediarecorder._desktop import opencv; opencv.install(); import cv2; cv2.VideoCapture(0)"
        )


# A file


@both_realms
def test_missing_file_is_not_opened(cv2, caplog):
    cap = cv2.VideoCapture("/tmp/nowhere.mp4")
    assert not cap.isOpened()
    assert cap.read() == (False, None)
    assert cap.get(cv2.CAP_PROP_FPS) == -1.0
    assert cap.set(cv2.CAP_PROP_POS_FRAMES, 1) is False
    assert "nowhere.mp4" in caplog.text
    with pytest.raises(cv2.error):
        cap.getBackendName()


def test_other_files_are_not_opened(cv2, tmp_path):
    for content in (b"", b"no video"):
        (tmp_path / "x.mp4").write_bytes(content)
        assert not cv2.VideoCapture(tmp_path / "x.mp4").isOpened()


@each_lane
def test_tutorial_loop_plays_a_file(cv2, film):
    cap = cv2.VideoCapture(film)
    numbers = []
    while cap.isOpened():
        ret, frame = cap.read()
        if not ret:
            break
        assert (frame.shape, frame.dtype.name) == ((48, 64, 3), "uint8")
        numbers.append(number_of(frame))
        if cv2.waitKey(1) == ord("q"):
            break
    cap.release()
    assert numbers == list(range(30))


def test_pixels_are_blue_green_red(cv2, tmp_path):
    import numpy

    path = tmp_path / "red.webm"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"VP90"), 10, (64, 48))
    writer.write(numpy.full((48, 64, 3), (20, 60, 200), "uint8"))
    writer.release()
    _, picture = cv2.VideoCapture(str(path)).read()
    assert picture[20, 20].tolist() == pytest.approx([20, 60, 200], abs=6)


async def test_transparent_file_has_three_channels(cv2, tmp_path):
    path = tmp_path / "x.webm"
    await (await foreign("transparent-vp9.webm")).write_to(path)
    cap = cv2.VideoCapture(str(path))
    assert cap.read()[1].shape == (120, 160, 3)
    assert cap.get(cv2.CAP_PROP_CONVERT_RGB) == 1.0
    assert cap.set(cv2.CAP_PROP_CONVERT_RGB, 0) is False


async def test_rotated_file_is_turned_unless_that_is_switched_off(cv2, tmp_path):
    import numpy

    path = tmp_path / "rotated.mp4"
    await (await foreign("rotated.mp4")).write_to(path)
    cap = cv2.VideoCapture(str(path))
    size = (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
    assert [cap.get(name) for name in size] == [120.0, 160.0]
    assert cap.get(cv2.CAP_PROP_ORIENTATION_AUTO) == 1.0
    turned = cap.read()[1]
    assert turned.shape == (160, 120, 3)

    assert cap.set(cv2.CAP_PROP_ORIENTATION_AUTO, 0) is True
    assert [cap.get(name) for name in size] == [160.0, 120.0]
    assert cap.get(cv2.CAP_PROP_ORIENTATION_AUTO) == 0.0
    cap.set(cv2.CAP_PROP_POS_FRAMES, 0)
    stored = cap.read()[1]
    assert stored.shape == (120, 160, 3)
    turns = int(cap.get(cv2.CAP_PROP_ORIENTATION_META)) // 90
    assert turns % 2 == 1
    assert numpy.array_equal(numpy.rot90(stored, -turns), turned)


async def test_uneven_times(cv2, tmp_path):
    """OpenCV guesses the count of a WebM; here it is the number of pictures."""
    for name in ("slides.mp4", "slides.webm"):
        await (await foreign(name)).write_to(tmp_path / name)
        cap = cv2.VideoCapture(str(tmp_path / name))
        assert cap.get(cv2.CAP_PROP_FRAME_COUNT) == 5.0
        assert cap.get(cv2.CAP_PROP_FPS) == pytest.approx(5 / 20, abs=0.06)
        times = []
        while cap.grab():
            times.append(cap.get(cv2.CAP_PROP_POS_MSEC))
        assert times == pytest.approx([0, 3200, 4100, 11750, 16400], abs=34)


@pytest.mark.parametrize(
    ("name", "rate", "count"),
    [("vp8-live.webm", 30, 150), ("vp9.webm", 30, 90), ("h264-reordered.mp4", 30, 90), ("av1.mp4", 15, 45)],
)
async def test_rate_and_count_of_files_from_elsewhere(cv2, tmp_path, name, rate, count):
    await (await foreign(name)).write_to(tmp_path / name)
    cap = cv2.VideoCapture(str(tmp_path / name))
    assert cap.get(cv2.CAP_PROP_FPS) == rate
    assert cap.get(cv2.CAP_PROP_FRAME_COUNT) == count
    assert sum(1 for _ in iter(cap.grab, False)) == count
    assert cap.get(cv2.CAP_PROP_POS_FRAMES) == count


@both_realms
def test_positions_follow_the_pictures(cv2, film):
    cap = cv2.VideoCapture(film)

    def position():
        return cap.get(cv2.CAP_PROP_POS_MSEC), cap.get(cv2.CAP_PROP_POS_FRAMES)

    assert (cap.get(cv2.CAP_PROP_FPS), cap.get(cv2.CAP_PROP_FRAME_COUNT)) == (10.0, 30.0)
    assert position() == (0.0, 0.0)
    cap.read()
    assert position() == (0.0, 1.0)
    cap.read()
    assert position() == (pytest.approx(100), 2.0)

    assert cap.set(cv2.CAP_PROP_POS_MSEC, 1000) is True
    assert position() == (pytest.approx(900), 10.0)
    assert number_of(cap.read()[1]) == 10
    assert position() == (pytest.approx(1000), 11.0)

    cap.set(cv2.CAP_PROP_POS_FRAMES, 29)
    assert number_of(cap.read()[1]) == 29
    assert position() == (pytest.approx(2900), 30.0)
    for _ in range(2):
        assert cap.read() == (False, None)
        assert position() == (0.0, 30.0)
    assert cap.set(cv2.CAP_PROP_POS_FRAMES, 0)
    assert number_of(cap.read()[1]) == 0


@pytest.mark.parametrize(("milliseconds", "number"), [(949, 9), (1049, 10), (1050, 11), (2900, 29), (-5, 0)])
def test_seeking_finds_the_nearest_picture(cv2, mp4, milliseconds, number):
    cap = cv2.VideoCapture(mp4)
    assert cap.set(cv2.CAP_PROP_POS_MSEC, milliseconds) is True
    assert number_of(cap.read()[1]) == number


def test_seeking_past_the_end_reads_nothing(cv2, mp4):
    cap = cv2.VideoCapture(mp4)
    for name, value in ((cv2.CAP_PROP_POS_MSEC, 99_000), (cv2.CAP_PROP_POS_FRAMES, 99)):
        assert cap.set(name, value) is True
        assert cap.read() == (False, None)
    assert cap.set(cv2.CAP_PROP_POS_AVI_RATIO, 1) is True
    assert cap.get(cv2.CAP_PROP_POS_MSEC) == pytest.approx(2900)
    assert cap.set(cv2.CAP_PROP_POS_AVI_RATIO, 0.5) is True
    assert number_of(cap.read()[1]) == 15
    assert cap.set(cv2.CAP_PROP_POS_FRAMES, float("nan")) is False


def test_grabbed_picture_is_retrieved_again_and_again(cv2, mp4):
    import numpy

    cap = cv2.VideoCapture(mp4)
    assert cap.retrieve() == (False, None)
    for _ in range(4):
        assert cap.grab() is True
    (_, one), (_, other) = cap.retrieve(), cap.retrieve()
    assert numpy.array_equal(one, other)
    assert number_of(one) == 3
    one[:] = 0
    assert number_of(cap.retrieve()[1]) == 3, "each is a copy"
    given = numpy.empty((48, 64, 3), "uint8")
    ok, same = cap.read(given)
    assert ok
    assert same is given
    assert number_of(given) == 4


def test_unknown_properties_are_minus_one(cv2, mp4):
    cap = cv2.VideoCapture(mp4)
    assert cap.get(12345) == cap.get(cv2.CAP_PROP_BRIGHTNESS) == -1.0
    assert cap.set(cv2.CAP_PROP_BRIGHTNESS, 1) is False
    assert cap.set(cv2.CAP_PROP_FPS, 20) is False
    assert int(cap.get(cv2.CAP_PROP_FOURCC)).to_bytes(4, "little") == b"avc1"
    cap.release()
    assert cap.get(cv2.CAP_PROP_FPS) == -1.0
    assert not cap.isOpened()


async def test_closed_files_leave_nothing_behind(cv2, mp4, no_leaks):
    async with no_leaks:
        cap = cv2.VideoCapture(mp4)
        cap.read()
        cap.set(cv2.CAP_PROP_POS_FRAMES, 20)
        cap.read()
        del cap


# Writing


@each_lane
async def test_tutorial_loop_saves_a_video(cv2, tmp_path):
    path = str(tmp_path / "output.mp4")
    cap = cv2.VideoCapture(0)
    fourcc = cv2.VideoWriter_fourcc(*"XVID")
    size = tuple(int(cap.get(name)) for name in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
    out = cv2.VideoWriter(path, fourcc, 20.0, size)
    assert out.isOpened()
    for _ in range(10):
        ret, frame = cap.read()
        if not ret:
            break
        frame = frame[::-1]  # cv2.flip(frame, 0)
        assert out.write(frame) is True
        cv2.imshow("frame", frame)
        if cv2.waitKey(1) == ord("q"):
            break
    cap.release()
    out.release()
    cv2.destroyAllWindows()

    recording = Recording.from_file(path)
    found = await probe(recording)
    assert found["errors"] == []
    [stream] = found["streams"]
    assert (stream["width"], stream["height"]) == size
    assert len(await pictures(recording)) == 10
    assert await recording.measure() == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("name", "code", "format", "codec"),
    [
        ("x.mp4", "mp4v", "mp4", "h264"),
        ("x.MP4", "avc1", "mp4", "h264"),
        ("x.m4v", "H264", "mp4", "h264"),
        ("x.webm", "VP80", "webm", "vp9"),
        ("x.webm", "VP90", "webm", "vp9"),
        ("x.mkv", "X264", "matroska", "h264"),
    ],
)
async def test_codes_and_endings(cv2, tmp_path, caplog, name, code, format, codec):
    writer = cv2.VideoWriter(str(tmp_path / name), cv2.VideoWriter_fourcc(*code), 12.5, (64, 48), False)
    for picture in grays(5):
        assert writer.write(picture)
    writer.release()
    recording = Recording.from_file(tmp_path / name)
    found = await probe(recording)
    assert format in found["format"]
    assert [stream["codec"] for stream in found["streams"]] == [codec]
    assert await recording.measure() == pytest.approx(5 / 12.5, abs=0.01)
    assert not caplog.text


def test_codecs_that_browsers_lack_are_replaced_with_a_warning(cv2, tmp_path, caplog):
    for _ in range(2):
        writer = cv2.VideoWriter(str(tmp_path / "x.mp4"), cv2.VideoWriter_fourcc(*"DIVX"), 10, (64, 48))
        assert writer.isOpened()
    assert caplog.text.count("no codec 'divx' for mp4") == 1
    cap = cv2.VideoWriter(str(tmp_path / "x.wmv"), cv2.VideoWriter_fourcc(*"WMV2"), 10, (64, 48))
    assert not cap.isOpened()
    assert "mp4, webm and mkv only" in caplog.text


@both_realms
async def test_avi_of_the_tutorial_contains_a_playable_mp4(cv2, tmp_path, caplog):
    path = str(tmp_path / "output.avi")
    for code in ("XVID", "MJPG"):
        out = cv2.VideoWriter(path, cv2.VideoWriter_fourcc(*code), 20.0, (64, 48), False)
        for picture in grays(10):
            assert out.write(picture)
        out.release()
    assert caplog.text.count("browsers write no AVI; the file is an MP4") == 1
    recording = Recording.from_file(path, "video/mp4")
    found = await probe(recording)
    assert found["errors"] == []
    assert "mp4" in found["format"]
    assert [stream["codec"] for stream in found["streams"]] == ["h264"]
    assert len(await pictures(recording)) == 10
    assert [number_of(picture) for picture in written(cv2, path)] == list(range(10))


@pytest.mark.parametrize("name", ["x.mp4", "x.avi"])
def test_unknown_code_writes_no_file(cv2, tmp_path, name):
    writer = cv2.VideoWriter(str(tmp_path / name), cv2.VideoWriter_fourcc(*"ZZZZ"), 10, (64, 48))
    assert not writer.isOpened()
    assert writer.write(grays(1)[0]) is False
    writer.release()
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize(
    ("path", "rate", "size"),
    [
        *(("/nowhere/x.mp4", 10, (64, 48)), ("x.mp4", 0, (64, 48)), ("x.mp4", float("nan"), (64, 48))),
        *(("x.mp4", 10, (0, 48)), ("x.mp4", 10, (-1, 48))),
    ],
)
def test_unusable_sizes_rates_and_places_are_not_opened(cv2, tmp_path, caplog, path, rate, size):
    writer = cv2.VideoWriter(str(tmp_path / path), cv2.VideoWriter_fourcc(*"mp4v"), rate, size)
    assert not writer.isOpened()
    assert "cannot write" in caplog.text


@pytest.mark.parametrize(
    "arguments",
    [("x.mp4",), ("x.mp4", 1), ("x.mp4", 1, 10), ("x.mp4", 1, 10, (64,)), ("x.mp4", 1, 10, (64.5, 48)),
     (3, 1, 10, (64, 48)), ("x.mp4", "mp4v", 10, (64, 48)), ("x.mp4", 1, "ten", (64, 48)),
     ("x.mp4", 1, 10, (64, 48), True, 7, 8)],
)  # fmt: skip
def test_unusable_arguments_are_rejected(cv2, arguments):
    with pytest.raises(cv2.error):
        cv2.VideoWriter(*arguments)


def test_all_signatures_work(cv2, tmp_path):
    import numpy

    path, code = str(tmp_path / "x.mp4"), cv2.VideoWriter_fourcc(*"mp4v")
    gray, colour = grays(1)[0], numpy.zeros((48, 64, 3), "uint8")
    for writer, picture in (
        (cv2.VideoWriter(path, code, 10, (64, 48)), colour),
        (cv2.VideoWriter(path, code, 10, (64, 48), False), gray),
        (cv2.VideoWriter(path, cv2.CAP_FFMPEG, code, 10, (64, 48)), colour),
        (cv2.VideoWriter(path, cv2.CAP_ANY, code, 10, [64, 48], False), gray),
        (cv2.VideoWriter(path, code, 10, (64, 48), [cv2.VIDEOWRITER_PROP_IS_COLOR, 0]), gray),
        (cv2.VideoWriter(path, cv2.CAP_ANY, code, 10, (64, 48), [cv2.VIDEOWRITER_PROP_IS_COLOR, 1]), colour),
        (cv2.VideoWriter(path, cv2.CAP_ANY, code, fps=10, frameSize=(64, 48)), colour),
        (cv2.VideoWriter(filename=path, fourcc=code, fps=10, frameSize=(64, 48), isColor=False), gray),
    ):
        assert writer.isOpened()
        assert writer.write(picture)
        assert writer.get(cv2.VIDEOWRITER_PROP_IS_COLOR) == (picture is colour)
        writer.release()
    writer = cv2.VideoWriter()
    assert not writer.isOpened()
    assert writer.open(path, code, 10, (64, 48))
    writer.release()


def written(cv2, path):
    cap = cv2.VideoCapture(path)
    return [cap.read()[1] for _ in range(int(cap.get(cv2.CAP_PROP_FRAME_COUNT)))]


def test_pictures_of_another_shape_are_left_out(cv2, tmp_path, caplog):
    import numpy

    path = str(tmp_path / "x.mp4")
    writer = cv2.VideoWriter(path, cv2.VideoWriter_fourcc(*"mp4v"), 10, (64, 48))
    for shape in ((24, 32, 3), (48, 64), (48, 64, 1), (48, 64, 4), (64, 48, 3)):
        assert writer.write(numpy.zeros(shape, "uint8")) is False
    assert writer.write(None) is False
    assert caplog.text.count("left out a picture") == 1
    assert writer.write(numpy.full((48, 64, 3), 200, "uint8")) is True
    writer.release()
    assert [number_of(picture) for picture in written(cv2, path)] == [25]

    writer = cv2.VideoWriter(path, cv2.VideoWriter_fourcc(*"mp4v"), 10, (64, 48), isColor=False)
    assert writer.write(numpy.zeros((48, 64, 3), "uint8")) is False
    assert writer.write(numpy.zeros((48, 64), "uint8")) is True
    writer.release()


def test_other_types_are_rejected_and_the_writer_goes_on(cv2, tmp_path):
    import numpy

    path = str(tmp_path / "x.mp4")
    writer = cv2.VideoWriter(path, cv2.VideoWriter_fourcc(*"mp4v"), 10, (64, 48))
    for kind in ("float32", "float64", "int32", "bool"):
        with pytest.raises(cv2.error, match="8 or 16 bit"):
            writer.write(numpy.zeros((48, 64, 3), kind))
    with pytest.raises(cv2.error, match="an array from numpy"):
        writer.write([[0]])
    assert writer.write(numpy.full((48, 64, 3), 200 << 8, "uint16")) is True
    writer.release()
    assert [number_of(picture) for picture in written(cv2, path)] == [25]


def test_views_are_written(cv2, tmp_path):
    import numpy

    path = str(tmp_path / "x.mp4")
    large = numpy.zeros((96, 128, 3), "uint8")
    large[:48, :64] = (240, 120, 40)
    large[48:] = (40, 40, 240)
    writer = cv2.VideoWriter(path, cv2.VideoWriter_fourcc(*"mp4v"), 10, (64, 48))
    for view in (large[:48, :64], large[::-2, ::2], large[47::-1, 63::-1]):
        assert writer.write(view)
    writer.release()
    first, second, third = written(cv2, path)
    assert first[20, 20].tolist() == pytest.approx([240, 120, 40], abs=8)
    assert second[5, 20].tolist() == pytest.approx([40, 40, 240], abs=8)
    assert second[40, 10].tolist() == pytest.approx([240, 120, 40], abs=8)
    assert third[20, 20].tolist() == pytest.approx([240, 120, 40], abs=8)


async def test_odd_sizes_are_made_even(cv2, tmp_path):
    import numpy

    path = str(tmp_path / "x.mp4")
    writer = cv2.VideoWriter(path, cv2.VideoWriter_fourcc(*"mp4v"), 10, (321, 241))
    assert writer.write(numpy.zeros((241, 321, 3), "uint8"))
    writer.release()
    [stream] = (await probe(Recording.from_file(path)))["streams"]
    assert (stream["width"], stream["height"]) == (322, 242)


def test_released_writer_writes_no_more(cv2, tmp_path, mp4):
    writer = cv2.VideoWriter(mp4, cv2.VideoWriter_fourcc(*"mp4v"), 10, (64, 48))
    assert writer.release() is None
    assert writer.release() is None
    assert writer.write(grays(1)[0]) is False
    assert not writer.isOpened()
    assert not cv2.VideoCapture(mp4).isOpened(), "a file without pictures is empty"


async def test_forgotten_writer_writes_its_file(cv2, tmp_path, no_leaks):
    path = tmp_path / "x.mp4"
    async with no_leaks:
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 10, (64, 48), False)
        for picture in grays(5):
            writer.write(picture)
        del writer
        gc.collect()
        await until(lambda: path.stat().st_size)
        assert len(written(cv2, str(path))) == 5
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 10, (64, 48), False)
        del writer


# Without numpy


def plain(colour, width=64, height=48, kind="B"):
    """A picture of one colour, without numpy."""
    numbers = memoryview(array(kind, colour * (width * height)))
    return numbers.cast("B").cast(kind, (height, width, len(colour)))


@without_numpy
@pytest.mark.core
async def test_tutorial_loop_needs_no_numpy(cv2, tmp_path):
    path = str(tmp_path / "output.mp4")
    cap = cv2.VideoCapture(0)
    width, height = (int(cap.get(name)) for name in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
    out = cv2.VideoWriter(path, cv2.VideoWriter_fourcc(*"mp4v"), 20.0, (width, height))
    for number in range(10):
        ret, frame = cap.read()
        assert ret is True
        assert (type(frame), frame.format, frame.shape) == (memoryview, "B", (height, width, 3))
        frame[0, 0, 0] = number
        assert out.write(frame) is True
        cv2.imshow("frame", frame)
        if cv2.waitKey(1) == ord("q"):
            break
    cap.release()
    out.release()
    cv2.destroyAllWindows()

    found = await probe(Recording.from_file(path))
    assert found["errors"] == []
    [stream] = found["streams"]
    assert (stream["width"], stream["height"]) == (width, height)
    assert len(await pictures(Recording.from_file(path))) == 10


@without_numpy
def test_pixels_without_numpy_are_blue_green_red(cv2, tmp_path):
    path = str(tmp_path / "x.webm")
    writer = cv2.VideoWriter(path, cv2.VideoWriter_fourcc(*"VP90"), 10, (64, 48))
    assert writer.write(plain([20, 60, 200]))
    assert writer.write(plain([20 << 8, 60 << 8, 200 << 8], kind="H"))
    writer.release()
    cap = cv2.VideoCapture(path)
    for _ in range(2):
        _, frame = cap.read()
        assert [frame[20, 20, channel] for channel in range(3)] == pytest.approx([20, 60, 200], abs=6)
    _, again = cap.retrieve()
    again[20, 20, 0] = 99
    assert cap.retrieve()[1] == frame, "each is a copy"
    with pytest.raises(ImportError, match="numpy is needed"):
        cap.set(cv2.CAP_PROP_ORIENTATION_AUTO, 0)
    assert cap.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1) is True
    assert cap.read() == (False, None)


@without_numpy
def test_unusable_pictures_without_numpy(cv2, tmp_path):
    writer = cv2.VideoWriter(str(tmp_path / "x.mp4"), cv2.VideoWriter_fourcc(*"mp4v"), 10, (64, 48))
    for other in (plain([1, 2, 3], 32), plain([1]), plain([1, 2, 3, 4]), b"", bytes(64 * 48 * 3)):
        assert writer.write(other) is False
    for other in ([[0]], "picture", plain([1.0], kind="f"), plain([1], kind="i")):
        with pytest.raises(cv2.error):
            writer.write(other)
    for other in ([[0]], "picture", plain([1], kind="i"), None, b"", plain([1, 2], 4, 4), bytes(48)):
        with pytest.raises(cv2.error):
            cv2.imshow("none", other)
    with pytest.raises(ImportError, match="numpy is needed"):
        cv2.imshow("none", plain([1.0], kind="f"))
    assert not windows.windows


@pytest.mark.lane("chromium", "firefox")
async def test_kinds_of_pictures_are_shown_without_numpy(cv2):
    kinds = {
        "colour": (plain([10, 60, 200], 4, 4), (200, 60, 10)),
        "gray": (plain([90], 4, 4), (90,) * 3),
        "opacity": (plain([10, 60, 200, 7], 4, 4), (200, 60, 10)),
        "16 bit": (plain([10 << 8, 60 << 8, 200 << 8], 4, 4, "H"), (200, 60, 10)),
        "flat": (memoryview(bytes([90]) * 16).cast("B", (4, 4)), (90,) * 3),
    }
    for name, (picture, colour) in kinds.items():
        cv2.imshow(name, picture)
        assert pixel(await shown(name, (4, 4)), 1, 1) == colour
    cv2.destroyAllWindows()
    await until(lambda: not canvases())


# Windows


def canvases():
    from js import document

    views = [view for view in document.querySelectorAll("mediarecorder-view") if view.shadowRoot]
    return [found for view in views if (found := view.shadowRoot.querySelector("canvas"))]


async def shown(title, size):
    """The canvas of a window, once it shows a picture of this size."""

    def find():
        named = [canvas for canvas in canvases() if canvas.getAttribute("aria-label") == title]
        return next((canvas for canvas in named if (canvas.width, canvas.height) == size), None)

    await until(find)
    return find()


def pixel(canvas, x, y):
    return tuple(canvas.getContext("2d").getImageData(x, y, 1, 1).data.to_py())[:3]


def press(canvas, key, **modifiers):
    import js

    options = {"key": key, "bubbles": True, "cancelable": True, **modifiers}
    event = js.KeyboardEvent.new(
        "keydown", js.Object.fromEntries([[name, value] for name, value in options.items()])
    )
    canvas.dispatchEvent(event)
    return event


async def test_imshow_shows_blue_green_red_in_the_page(cv2):
    import numpy

    picture = numpy.zeros((20, 40, 3), "uint8")
    picture[:, :20] = (10, 60, 200)
    cv2.imshow("a window", picture)
    cv2.waitKey(1)
    canvas = await shown("a window", (40, 20))
    assert pixel(canvas, 5, 5) == (200, 60, 10)
    assert pixel(canvas, 30, 5) == (0, 0, 0)
    picture[:] = 255
    cv2.imshow("a window", picture)
    await until(lambda: pixel(canvas, 30, 5) == (255, 255, 255))
    assert len(canvases()) == 1, "a window per name"
    cv2.imshow("another", picture)
    await shown("another", (40, 20))
    assert len(canvases()) == 2
    cv2.destroyWindow("another")
    await until(lambda: len(canvases()) == 1)
    cv2.destroyAllWindows()
    await until(lambda: not canvases())


async def test_kinds_of_arrays_are_shown(cv2):
    import numpy

    kinds = {
        "gray": numpy.full((4, 4), 90, "uint8"),
        "one": numpy.full((4, 4, 1), 90, "uint8"),
        "float": numpy.full((4, 4, 3), 90 / 255, "float32"),
        "bright": numpy.full((4, 4), 7.0),
        "16 bit": numpy.full((4, 4), 90 << 8, "uint16"),
        "opacity": numpy.full((4, 4, 4), 90, "uint8"),
        "strided": numpy.full((8, 8, 3), 90, "uint8")[::2, ::-2],
    }
    for name, picture in kinds.items():
        cv2.imshow(name, picture)
        assert pixel(await shown(name, (4, 4)), 1, 1) == ((255,) * 3 if name == "bright" else (90,) * 3)
    with pytest.raises(cv2.error, match=r"size\.width>0 && size\.height>0"):
        cv2.imshow("none", None)
    with pytest.raises(cv2.error, match=r"size\.width>0"):
        cv2.imshow("none", numpy.zeros((0, 4, 3), "uint8"))
    for bad in (
        [[1]],
        numpy.zeros((4, 4, 2), "uint8"),
        numpy.zeros(4, "uint8"),
        numpy.zeros((4, 4), "int32"),
    ):
        with pytest.raises(cv2.error):
            cv2.imshow("none", bad)


async def test_titles_are_text(cv2):
    title = '<img src=x onerror="alert(1)">"&'
    cv2.namedWindow(title, cv2.WINDOW_NORMAL)
    cv2.imshow(title, grays(1)[0])
    canvas = await shown(title, (64, 48))
    root = canvas.getRootNode()
    assert root.querySelector("img") is None or not root.querySelector("img")
    assert root.querySelector("p").textContent == title
    with pytest.raises(cv2.error):
        cv2.imshow(5, grays(1)[0])


async def test_loop_can_ask_whether_its_window_is_open(cv2):
    assert cv2.getWindowProperty("loop", cv2.WND_PROP_VISIBLE) < 1
    cv2.imshow("loop", grays(1)[0])
    cv2.resizeWindow("loop", 320, 240)
    cv2.moveWindow("loop", 0, 0)
    assert cv2.getWindowProperty("loop", cv2.WND_PROP_VISIBLE) == 1
    cv2.destroyWindow("loop")
    assert cv2.getWindowProperty("loop", cv2.WND_PROP_VISIBLE) < 1


async def test_wait_key_returns_pressed_keys(cv2):
    cv2.imshow("keys", grays(1)[0])
    canvas = await shown("keys", (64, 48))
    assert canvas.tabIndex == 0
    for key, code in {"q": 113, "Q": 81, "Escape": 27, "Enter": 13, " ": 32, "ArrowLeft": 81}.items():
        assert press(canvas, key).defaultPrevented
        assert cv2.waitKey(1) & 0xFF == code
    assert cv2.waitKey(1) == -1
    press(canvas, "a")
    press(canvas, "b")
    assert [cv2.pollKey() for _ in range(3)] == [97, 98, -1]
    for key, modifiers in (("Tab", {}), ("r", {"ctrlKey": True}), ("Shift", {})):
        assert not press(canvas, key, **modifiers).defaultPrevented
    assert cv2.pollKey() == -1


async def test_wait_key_zero_waits_for_a_key(cv2):
    import js
    from pyodide.ffi import create_once_callable

    assert cv2.waitKey(0) == -1, "no window, no key"
    cv2.imshow("keys", grays(1)[0])
    canvas = await shown("keys", (64, 48))
    js.setTimeout(create_once_callable(lambda: press(canvas, "x")), 300)
    assert cv2.waitKey(0) == ord("x")


async def test_removed_window_ends_the_wait(cv2):
    cv2.imshow("gone", grays(1)[0])
    (await shown("gone", (64, 48))).getRootNode().host.remove()
    assert cv2.waitKey(0) == -1
    with pytest.raises(cv2.error, match="no window 'gone'"):
        cv2.destroyWindow("gone")
    cv2.imshow("gone", grays(1)[0])
    await shown("gone", (64, 48))


async def test_window_that_cannot_open_ends_the_wait(cv2, monkeypatch, caplog):
    async def unavailable():
        raise PageUnavailableError("there is no page")

    monkeypatch.setattr(windows, "page_services", unavailable)
    cv2.namedWindow("nowhere")
    assert cv2.waitKey(0) == -1
    assert "there is no page" in caplog.text


async def test_closed_windows_leave_nothing_behind(cv2, no_leaks):
    async with no_leaks:
        for _ in range(3):
            cv2.imshow("x", grays(1)[0])
            await shown("x", (64, 48))
            cv2.destroyAllWindows()
        cv2.namedWindow("x")
        cv2.destroyWindow("x")
        await until(lambda: not canvases())


async def test_undone_installation_closes_windows():
    undo = opencv.install()
    import cv2

    cv2.imshow("x", grays(1)[0])
    await shown("x", (64, 48))
    undo()
    await until(lambda: not canvases())


@pytest.mark.lane("chromium", "chromium-csp", "chromium-trusted-types", "firefox", "webkit")
@pytest.mark.policy
async def test_strict_policies_allow_windows():
    """(These lanes have no numpy.)"""
    windows.namedWindow("strict")
    windows.windows["strict"].show({"pixels": bytes([90]) * 64, "layout": "gray", "width": 8, "height": 8})
    assert pixel(await shown("strict", (8, 8)), 3, 3) == (90, 90, 90)
    windows.destroyAllWindows()
    await until(lambda: not canvases())


async def test_worker_shows_pictures_in_its_page(start_worker, open_channel):
    worker = start_worker(pyodide="pyodide-0.27")
    running = worker.start(f"""
        import io, sys, zipfile
        import mediarecorder
        from mediarecorder._desktop import opencv
        from pyodide.http import pyfetch

        numpy = await (await pyfetch("/build/numpy/numpy.whl")).bytes()
        zipfile.ZipFile(io.BytesIO(numpy)).extractall("/tmp/numpy")
        sys.path.insert(0, "/tmp/numpy")
        import numpy

        await mediarecorder.connect("{open_channel()}")
        opencv.install()
        import cv2

        for number in range(20):
            cv2.imshow("from a worker", numpy.full((24, 32, 3), (10, 60, 190 + number // 19 * 10), "uint8"))
            cv2.waitKey(1)
        cv2.waitKey(0)
    """)
    canvas = await shown("from a worker", (32, 24))
    await until(lambda: pixel(canvas, 3, 3) == (200, 60, 10))
    press(canvas, "k")
    assert await running == str(ord("k"))
    worker.terminate()
    await until(lambda: not canvases())


@pytest.fixture(autouse=True)
def _warnings_are_logged(caplog):
    caplog.set_level(logging.WARNING, logger="mediarecorder")
