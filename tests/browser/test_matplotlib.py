"""`animation.save(…, writer="mediarecorder")` in matplotlib."""

import sys

import pytest
from support.ask_judge import probe

import mediarecorder
from mediarecorder import Recording

pytestmark = [
    pytest.mark.lane("chromium-numpy"),
    pytest.mark.media_work,
    # matplotlib of that time uses functions that today's packages call deprecated.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture
async def pyplot():
    """matplotlib.pyplot, which no other test needs."""
    from pyodide.http import pyfetch

    if "matplotlib" not in sys.modules:
        packages = "/tmp/matplotlib"
        response = await pyfetch("/build/numpy/matplotlib.zip")
        assert response.ok, "run make test, or tools/prepare.py test"
        await response.unpack_archive(extract_dir=packages)
        sys.path.append(packages)
        import matplotlib

        matplotlib.use("agg")
    from matplotlib import pyplot

    mediarecorder.register_matplotlib()
    yield pyplot
    pyplot.close("all")


def animated(pyplot, size=(3.2, 2.4), count=10, draw=None):
    from matplotlib.animation import FuncAnimation

    figure, axes = pyplot.subplots(figsize=size, dpi=100)
    [line] = axes.plot([0, 1, 2], [0, 1, 0])

    def move(number):
        line.set_ydata([0, number / count, 0])
        return [line]

    return FuncAnimation(figure, draw or move, frames=count, interval=50, init_func=lambda: [line])


async def test_animation_is_saved_as_mp4(pyplot, tmp_path):
    file = tmp_path / "waves.mp4"
    animated(pyplot).save(file, writer="mediarecorder", metadata={"title": "Waves"})
    recording = Recording.from_file(file)
    found = await probe(recording)
    assert found["errors"] == []
    assert [(stream["codec"], stream["width"], stream["height"]) for stream in found["streams"]] == [
        ("h264", 320, 240)
    ]
    assert await recording.measure() == pytest.approx(0.5), "10 frames, one every 50 ms"
    assert (await recording.tags())["title"] == "Waves"
    frames = [memoryview(frame) async for frame in recording.frames(format="gray")]
    assert len(frames) == 10
    assert frames[0][2, 2] > 240, "the background is white"
    assert bytes(frames[0]) != bytes(frames[-1])


async def test_fps_bitrate_and_odd_sizes_are_accepted(pyplot, tmp_path):
    file = tmp_path / "waves.webm"
    animated(pyplot, size=(1.61, 1.21), count=4).save(file, writer="mediarecorder", fps=8, bitrate=300)
    recording = Recording.from_file(file)
    assert await recording.measure() == pytest.approx(0.5)
    assert {(stream["width"], stream["height"]) for stream in (await probe(recording))["streams"]} == {
        (162, 122)
    }


async def test_frames_before_an_error_are_kept(pyplot, tmp_path):
    def draw(number):
        if number == 3:
            raise LookupError("frame 3")
        return []

    file = tmp_path / "waves.mp4"
    with pytest.raises(LookupError, match="frame 3"):
        animated(pyplot, draw=draw).save(file, writer="mediarecorder", fps=10)
    assert await Recording.from_file(file).measure() == pytest.approx(0.3)


async def test_other_extension_is_rejected(pyplot, tmp_path):
    with pytest.raises(ValueError, match=r"must end in .*\.mp4"):
        animated(pyplot).save(tmp_path / "waves.gif", writer="mediarecorder")


async def test_notebook_video_of_matplotlib_works(pyplot):
    with pyplot.rc_context({"animation.writer": "mediarecorder"}):
        html = animated(pyplot, count=3).to_html5_video()
    assert 'src="data:video/mp4;base64,' in html


async def test_desktop_registers_the_writer(pyplot):
    import importlib

    from matplotlib.animation import writers

    from mediarecorder import desktop

    del writers._registered["mediarecorder"]
    importlib.reload(desktop)
    assert writers.is_available("mediarecorder")
