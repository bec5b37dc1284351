"""imageio reads and writes mp4 and webm through the library's plugin."""

import io
import logging
import sys
import zipfile

import pytest
from support.ask_judge import foreign, pictures, probe

from mediarecorder import Recording, desktop
from mediarecorder._desktop import imageio_plugin

page = pytest.mark.lane("chromium-numpy")
each_lane = pytest.mark.lane("chromium-numpy", "chromium-stereo-worker", "firefox-numpy")
pytestmark = [
    page,
    pytest.mark.media_work,
    pytest.mark.firefox_in_soak,
]


@pytest.fixture
async def installed():
    """imageio is installed."""
    from pyodide.http import pyfetch

    if "imageio" not in sys.modules:
        response = await pyfetch("/build/numpy/imageio.whl")
        assert response.ok, "run make test, or tools/prepare.py test"
        zipfile.ZipFile(io.BytesIO(await response.bytes())).extractall("/tmp/imageio")
        sys.path.append("/tmp/imageio")


@pytest.fixture
def iio(installed):
    """`imageio.v3`, with the plugin."""
    import imageio.v3 as iio

    undo = imageio_plugin.install()
    yield iio
    undo()


@pytest.fixture
def v2(iio):
    import imageio.v2

    return imageio.v2


def grays(count, shape=(48, 64)):
    """Picture `n` has the gray value `8 * n`."""
    import numpy

    return numpy.stack([numpy.full(shape, 8 * number, "uint8") for number in range(count)])


def numbers(pictures):
    return [round(float(picture.mean()) / 8) for picture in pictures]


@pytest.fixture
def film(iio, tmp_path):
    path = tmp_path / "film.mp4"
    iio.imwrite(path, grays(20), fps=10)
    return path


def test_plugin_waits_for_the_import_of_imageio(installed, monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "imageio"]:
        monkeypatch.delitem(sys.modules, name)
    undo = imageio_plugin.install()
    assert "imageio" not in sys.modules
    from imageio.config import known_plugins

    assert "mediarecorder" in known_plugins
    undo()
    assert "mediarecorder" not in known_plugins


def test_desktop_registers_the_plugin(installed):
    from imageio.config import known_plugins

    desktop.install()
    assert "mediarecorder" in known_plugins
    desktop.uninstall()
    assert "mediarecorder" not in known_plugins


def test_plugin_comes_first_until_it_is_removed(installed):
    from imageio.config import known_extensions, known_plugins

    def lists():
        return [kind.priority for ending in (".mp4", ".webm") for kind in known_extensions[ending]]

    before = [list(priority) for priority in lists()]
    undo = imageio_plugin.install()
    assert all(priority[0] == "mediarecorder" for priority in lists())
    assert "mediarecorder" in known_plugins
    undo()
    assert [list(priority) for priority in lists()] == before
    assert "mediarecorder" not in known_plugins


@each_lane
@pytest.mark.parametrize(("ending", "codec"), [("mp4", "h264"), ("webm", "vp9")])
async def test_written_file_comes_back(iio, tmp_path, ending, codec, engine):
    path = tmp_path / f"x.{ending}"
    iio.imwrite(path, grays(12), fps=12)
    found = await probe(Recording.from_file(path))
    assert found["errors"] == []
    assert (found["streams"][0]["width"], found["streams"][0]["height"]) == (64, 48)
    if engine == "chromium":
        assert found["streams"][0]["codec"] == codec
    assert [picture["time"] for picture in await pictures(Recording.from_file(path))] == pytest.approx(
        [number / 12 for number in range(12)], abs=0.001
    )
    read = iio.imread(path)
    assert (read.shape, read.dtype.name) == ((12, 48, 64, 3), "uint8")
    assert numbers(read) == list(range(12))


async def test_ten_pictures_a_second_is_the_default(iio, tmp_path):
    iio.imwrite(tmp_path / "x.mp4", grays(5))
    assert await Recording.from_file(tmp_path / "x.mp4").measure() == pytest.approx(0.5)


async def test_colours_are_red_green_blue(iio, tmp_path):
    import numpy

    iio.imwrite(tmp_path / "x.mp4", numpy.full((3, 48, 64, 3), (200, 60, 20), "uint8"))
    assert iio.imread(tmp_path / "x.mp4", index=1)[20, 20].tolist() == pytest.approx([200, 60, 20], abs=6)


def test_lists_single_pictures_and_all_types_are_written(iio, tmp_path, caplog):
    import numpy

    caplog.set_level(logging.WARNING)
    path = tmp_path / "x.mp4"
    for written, count in (
        (list(grays(3)), 3),
        (grays(1)[0], 1),
        (grays(1, (48, 64, 3))[0], 1),
        (grays(2, (48, 64, 3)), 2),
        (grays(2, (48, 64, 1)), 2),
        (grays(2, (48, 64, 4)), 2),
    ):
        iio.imwrite(path, written)
        assert iio.imread(path).shape == (count, 48, 64, 3)
    assert "Lossy conversion" not in caplog.text
    iio.imwrite(path, numpy.full((2, 48, 64), 80 / 255))
    assert "Lossy conversion from float64 to uint8" in caplog.text
    assert numbers(iio.imread(path)) == [10, 10]
    iio.imwrite(path, numpy.full((2, 48, 64), 80 << 8, "uint16"))
    assert "from uint16 to uint8" in caplog.text
    assert numbers(iio.imread(path)) == [10, 10]


async def test_odd_sizes_are_made_even(iio, tmp_path):
    iio.imwrite(tmp_path / "x.mp4", grays(2, (241, 321)))
    assert iio.imread(tmp_path / "x.mp4").shape == (2, 242, 322, 3)


def test_index_selects_a_picture(iio, film):
    assert numbers([iio.imread(film, index=number) for number in (5, 0, 19)]) == [5, 0, 19]
    assert iio.imread(film, index=...).shape == iio.imread(film, index=None).shape == (20, 48, 64, 3)
    with pytest.raises(IndexError):
        iio.imread(film, index=99)
    with pytest.raises(ValueError, match="negative"):
        iio.imread(film, index=-1)


def test_pictures_are_iterated_one_by_one(iio, film):
    assert numbers(iio.imiter(film)) == list(range(20))
    first = next(iter(iio.imiter(film)))
    assert first.shape == (48, 64, 3)


async def test_facts_about_a_file(iio, film, tmp_path):
    facts = iio.immeta(film)
    assert facts == {
        **{"plugin": "mediarecorder", "codec": "avc", "fps": 10.0, "nframes": 20, "size": (64, 48)},
        **{"duration": pytest.approx(2.0), "source_size": (64, 48)},
    }
    assert iio.immeta(film, index=3)["time"] == pytest.approx(0.3)
    assert iio.immeta(film, exclude_applied=False)["rotate"] == 0
    whole, one = iio.improps(film), iio.improps(film, index=0)
    assert (whole.shape, whole.n_images, whole.is_batch) == ((20, 48, 64, 3), 20, True)
    assert (one.shape, one.n_images, one.is_batch) == ((48, 64, 3), None, False)
    assert whole.dtype == one.dtype == "uint8"

    await (await foreign("rotated.mp4")).write_to(tmp_path / "rotated.mp4")
    assert iio.improps(tmp_path / "rotated.mp4", index=0).shape == (160, 120, 3)


def test_bytes_and_open_files(iio, film):
    data = film.read_bytes()
    assert numbers(iio.imiter(data, extension=".mp4")) == list(range(20))
    assert iio.imread(io.BytesIO(data), index=2, extension=".mp4").shape == (48, 64, 3)
    assert numbers([iio.imread(data, index=4, plugin="mediarecorder")]) == [4]
    made = iio.imwrite("<bytes>", grays(3), extension=".webm")
    assert made.startswith(b"\x1aE\xdf\xa3")
    assert numbers(iio.imread(made, extension=".webm")) == [0, 1, 2]
    file = io.BytesIO()
    iio.imwrite(file, grays(3), extension=".mp4")
    assert numbers(iio.imread(file.getvalue(), extension=".mp4")) == [0, 1, 2]


@each_lane
def test_writer_and_reader_of_version_2(v2, tmp_path):
    path = str(tmp_path / "x.mp4")
    with v2.get_writer(path, fps=20, codec="libx264", quality=8, macro_block_size=None) as writer:
        for picture in grays(10):
            writer.append_data(picture)
    with pytest.raises(RuntimeError, match="closed"):
        writer.append_data(grays(1)[0])
    reader = v2.get_reader(path)
    assert reader.get_meta_data()["fps"] == 20.0
    assert len(reader) == 10
    assert numbers(reader) == list(range(10))
    assert numbers([reader.get_data(7), reader.get_data(2), reader.get_next_data()]) == [7, 2, 3]
    with pytest.raises(IndexError):
        reader.get_data(10)
    reader.close()
    v2.mimwrite(path, list(grays(4)), fps=5)
    assert numbers(v2.mimread(path)) == [0, 1, 2, 3]


def test_writer_rejects_other_sizes_and_unknown_options(v2, tmp_path):
    writer = v2.get_writer(tmp_path / "x.mp4")
    writer.append_data(grays(1)[0])
    with pytest.raises(ValueError, match="same size"):
        writer.append_data(grays(1, (10, 10))[0])
    writer.close()
    writer = v2.get_writer(tmp_path / "y.mp4", duration=3)
    with pytest.raises(TypeError, match="'duration'"):
        writer.append_data(grays(1)[0])
    writer.close()
    assert not (tmp_path / "y.mp4").exists(), "no picture, no file"


async def test_bit_rate_is_used(iio, tmp_path):
    import numpy

    noise = numpy.random.default_rng(1).integers(0, 255, (20, 240, 320), "uint8")
    sizes = []
    for rate in (100_000, 4_000_000):
        iio.imwrite(tmp_path / "x.mp4", noise, bitrate=rate)
        sizes.append((tmp_path / "x.mp4").stat().st_size)
    assert sizes[1] > 2 * sizes[0]


def test_unreadable_files_and_other_formats_are_refused(iio, tmp_path):
    (tmp_path / "x.mp4").write_bytes(b"no video")
    with pytest.raises(OSError, match="not a media file"):
        iio.imread(tmp_path / "x.mp4")
    with pytest.raises(FileNotFoundError):
        iio.imread(tmp_path / "y.mp4")
    with pytest.raises(OSError, match="can not handle"):
        iio.imwrite(tmp_path / "x.gif", grays(2), plugin="mediarecorder")


async def test_closed_files_leave_nothing_behind(iio, film, tmp_path, no_leaks):
    async with no_leaks:
        iio.imread(film, index=3)
        next(iter(iio.imiter(film)))
        iio.imwrite(tmp_path / "x.webm", grays(3))
        iio.imopen(tmp_path / "y.webm", "w").close()
