"""Times in Ogg (RFC 7845, section 4), as the patched mediabunny reads and writes them, judged by FFmpeg."""

from __future__ import annotations

import copy
import itertools
import random
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from ogg_pages import BEGIN, END, Page, file_of, pages_of
from sound_files import answers

PRE_SKIP = 312
"""The pre-skip of FFmpeg's libopus at 48 kHz."""


def ffmpeg(*arguments: object) -> bytes:
    command = ["ffmpeg", "-v", "error", "-y", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True).stdout


def decoded_frames(path: Path, channels: int = 1) -> int:
    return len(ffmpeg("-i", path, "-f", "s16le", "-")) // 2 // channels


mediabunny = pytest.fixture(scope="module")(answers)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("ogg")


def sine(seconds: float, channels: int = 1) -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"sine=f=440:r=48000:d={seconds}", "-ac", str(channels))


@pytest.fixture(scope="module")
def opus(folder):
    """3.01 s in pages of 0.2 s."""
    path = folder / "opus.ogg"
    ffmpeg(*sine(3.01), "-c:a", "libopus", "-b:a", "64k", "-page_duration", 200_000, path)
    return path


@pytest.fixture(scope="module")
def vorbis(folder):
    """3.01 s in pages of about 0.2 s."""
    path = folder / "vorbis.ogg"
    ffmpeg(*sine(3.01, 2), "-c:a", "libvorbis", "-page_duration", 200_000, path)
    return path


@pytest.fixture(scope="module")
def read(mediabunny):
    """Read a file, and search for packets at 100 times between its start and shortly after its end."""

    def read(path):
        facts = mediabunny("read", path=path)
        first, last = facts["packets"][0][0], facts["packets"][-1][0]
        chosen = random.Random(1)
        times = [chosen.randint(round(first), round(last) + 3000) for _ in range(100)]
        found = mediabunny("read", path=path, times=times)["found"]
        assert facts["first"] == pytest.approx(first)
        assert facts["end"] == pytest.approx(sum(facts["packets"][-1]))
        for time, packet in zip(times, found, strict=True):
            expected = [other for other in facts["packets"] if other[0] <= time + 1e-6][-1]
            assert packet == pytest.approx(expected), f"at {time}"
        return [(round(timestamp), round(duration)) for timestamp, duration in facts["packets"]]

    return read


@pytest.fixture
def read_changed(read, tmp_path):
    """The packets read from a file whose pages were changed."""

    def read_changed(path, change):
        pages = copy.deepcopy(pages_of(path.read_bytes()))
        other = tmp_path / "changed.ogg"
        other.write_bytes(file_of(change(pages) or pages))
        return read(other)

    return read_changed


def ends(packets: list[tuple[int, int]]) -> int:
    return sum(packets[-1])


def without_gaps(packets: list[tuple[int, int]]) -> bool:
    return all(sum(one) == other[0] for one, other in itertools.pairwise(packets))


# Reading Opus


@pytest.mark.parametrize("seconds", [0.0105, 0.02, 0.1, 1, 3.01])
def test_opus_begins_before_zero_and_ends_where_its_sound_ends(read, tmp_path, seconds):
    path = tmp_path / "sound.ogg"
    ffmpeg(*sine(seconds), "-c:a", "libopus", path)
    packets = read(path)
    assert packets[0][0] == -PRE_SKIP
    assert without_gaps(packets)
    assert ends(packets) == decoded_frames(path) == round(seconds * 48000)


def test_only_the_last_packet_is_shorter_than_its_decoded_sound(read, opus):
    assert {duration for _, duration in read(opus)[:-1]} == {960}


def test_end_trimming_may_remove_whole_packets(read_changed, opus):
    def trim(pages):
        pages[-2].packets += pages.pop().packets  # seven packets on the last page
        pages[-1].granule -= 2000
        pages[-1].flags = END
        trim.packets = sum(len(page.packets) for page in pages[2:])

    packets = read_changed(opus, trim)
    assert len(packets) < trim.packets
    assert 0 < packets[-1][1] <= 960
    assert without_gaps(packets)


def test_last_page_with_one_packet_is_trimmed(read_changed, opus):
    def split(pages):
        last = pages.pop()
        before = Page(pages[-1].granule + 960 * (len(last.packets) - 1), last.packets[:-1])
        return [*pages, *([before] if before.packets else []), Page(last.granule, last.packets[-1:], END)]

    packets = read_changed(opus, split)
    assert ends(packets) == round(3.01 * 48000)
    assert without_gaps(packets)


def test_sound_ends_with_the_last_page_without_an_end_mark(read_changed, opus):
    def unmark(pages):
        pages[-1].flags = 0

    assert ends(read_changed(opus, unmark)) == round(3.01 * 48000)


@pytest.mark.parametrize("codec", ["opus", "vorbis"])
def test_last_page_may_be_empty(read_changed, codec, request):
    def end(pages):
        pages[-1].flags = 0
        pages.append(Page(pages[-1].granule, [], END))

    assert ends(read_changed(request.getfixturevalue(codec), end)) == round(3.01 * 48000)


def test_last_page_that_ends_before_its_start_has_no_sound(read_changed, opus):
    def lower(pages):
        pages[-1].granule = pages[-2].granule - 500

    packets = read_changed(opus, lower)
    assert {duration for _, duration in packets} == {960}
    assert without_gaps(packets)


def test_stream_joined_later_begins_late(read_changed, opus):
    def later(pages):
        for page in pages[2:]:
            page.granule += 96000

    packets = read_changed(opus, later)
    assert packets[0][0] == 96000 - PRE_SKIP
    assert ends(packets) == 96000 + round(3.01 * 48000)
    assert without_gaps(packets)


def test_gap_precedes_the_page_whose_granule_position_jumps(read_changed, opus):
    def lose(pages):
        lose.end = pages[6].granule - PRE_SKIP
        del pages[7]
        lose.begin = pages[7].granule - PRE_SKIP - 960 * len(pages[7].packets)

    packets = read_changed(opus, lose)
    gaps = [(sum(one), other[0]) for one, other in itertools.pairwise(packets) if sum(one) != other[0]]
    assert gaps == [(lose.end, lose.begin)]
    assert ends(packets) == round(3.01 * 48000)


def test_page_with_too_small_granule_position_keeps_all_packets(mediabunny, opus, tmp_path):
    pages = pages_of(opus.read_bytes())
    for page in pages[2:-1]:
        page.granule -= random.Random(page.granule).randint(0, 3)
    path = tmp_path / "wavering.ogg"
    path.write_bytes(file_of(pages))
    packets = mediabunny("read", path=path)["packets"]
    assert len(packets) == sum(len(page.packets) for page in pages[2:])
    assert all(0 <= round(other[0] - sum(one)) < 4 for one, other in itertools.pairwise(packets))


def test_stream_without_times_keeps_its_packets_in_order(mediabunny, opus, tmp_path):
    pages = pages_of(opus.read_bytes())
    for page in pages:
        page.granule = 0
    path = tmp_path / "timeless.ogg"
    path.write_bytes(file_of([*pages[:-1], Page(-1, pages[-1].packets, END)]))
    packets = mediabunny("read", path=path)["packets"]
    assert [round(timestamp) for timestamp, _ in packets] == list(
        range(-PRE_SKIP, 960 * len(packets) - PRE_SKIP, 960)
    )


def test_truncated_file_is_read_up_to_its_last_whole_page(read, opus, tmp_path):
    whole = pages_of(opus.read_bytes())
    path = tmp_path / "cut.ogg"
    path.write_bytes(opus.read_bytes()[:-300])
    packets = read(path)
    assert ends(packets) == whole[-2].granule - PRE_SKIP
    assert without_gaps(packets)


def test_firefox_recording_is_read_exactly(read, tmp_path):
    """Firefox 153.0 writes pages of 13 packets, a marked end, and "44100" as the rate of its input."""
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, PRE_SKIP, 44100, 0, 0)
    comments = b"OpusTags" + struct.pack("<I", 11) + b"Mozilla153." + bytes(4)
    silence = b"\xf8\xff\xfe"
    pages = [Page(0, [head], BEGIN), Page(0, [comments])]
    granules = [(11520, 12), (24000, 13), (36480, 13), (43223, 8)]
    pages += [Page(granule, [silence] * packets) for granule, packets in granules]
    pages[-1].flags = END
    path = tmp_path / "firefox.ogg"
    path.write_bytes(file_of(pages))
    packets = read(path)
    assert packets[0] == (-PRE_SKIP, 960)
    assert ends(packets) == decoded_frames(path) == 43223 - PRE_SKIP


# Reading Vorbis


@pytest.mark.parametrize("seconds", [0.1, 1, 3.01])
def test_vorbis_begins_at_zero_with_a_silent_packet(read, tmp_path, seconds):
    path = tmp_path / "sound.ogg"
    ffmpeg(*sine(seconds, 2), "-c:a", "libvorbis", path)
    packets = read(path)
    assert packets[0] == (0, 0)
    assert without_gaps(packets)
    assert ends(packets) == round(seconds * 48000)


@pytest.mark.parametrize("shift", [-100, 96000])
def test_first_granule_position_of_vorbis_gives_its_start(read_changed, vorbis, shift):
    def move(pages):
        for page in pages[2:]:
            page.granule += shift

    packets = read_changed(vorbis, move)
    assert packets[0] == (shift, 0)
    assert ends(packets) == shift + round(3.01 * 48000)
    assert without_gaps(packets)


# Writing


@pytest.fixture
def write(mediabunny, folder, tmp_path):
    """Copy packets into a new file, cut to this many frames. Returns its path and its pages."""

    def write(path, frames, *, first=0, pre_skip=PRE_SKIP, **more):
        packets, place = [], -pre_skip
        lengths = [round(duration) for _, duration in mediabunny("read", path=path)["packets"]][first:]
        for index, length in enumerate(lengths, first):
            if place >= frames:
                break
            packets.append((index, place, min(length, frames - place)))
            place += length
        to = tmp_path / "written.ogg"
        mediabunny("write", path=path, to=to, packets=packets, preSkip=pre_skip, **more)
        pages = pages_of(to.read_bytes())
        assert pages[-1].flags == END
        assert_opusinfo_accepts(to)
        return to, pages

    return write


def assert_opusinfo_accepts(path: Path) -> None:
    """Check the file with opusinfo, if opus-tools are installed."""
    if shutil.which("opusinfo"):
        said = subprocess.run(["opusinfo", path], capture_output=True, text=True)
        text = said.stdout + said.stderr
        assert (said.returncode, "WARNING" in text or "ERROR" in text) == (0, False), text


@pytest.mark.parametrize(
    ("frames", "first", "pre_skip"),
    [
        *[(frames, 0, 312) for frames in (1, 480, 647, 648, 649, 960, 48000, 120001, 144480)],
        (48001, 50, 3840),
        (24000, 3, 65535),
    ],
)
def test_written_opus_decodes_to_the_requested_frames(write, read, opus, frames, first, pre_skip):
    path, pages = write(opus, frames, first=first, pre_skip=pre_skip)
    assert pages[-1].granule == pre_skip + frames
    assert struct.unpack_from("<HI", pages[0].packets[0], 10) == (pre_skip, 48000)
    assert decoded_frames(path) == frames
    packets = read(path)
    assert packets[0][0] == -pre_skip
    assert ends(packets) == frames


def test_rate_of_the_input_is_kept(write, opus, tmp_path):
    pages = pages_of(opus.read_bytes())
    pages[0].packets[0] = pages[0].packets[0][:12] + struct.pack("<I", 16000) + pages[0].packets[0][16:]
    other = tmp_path / "16000.ogg"
    other.write_bytes(file_of(pages))
    _, pages = write(other, 24000)
    assert struct.unpack_from("<HI", pages[0].packets[0], 10) == (PRE_SKIP, 16000)


def test_six_channels_keep_their_mapping(write, tmp_path):
    path = tmp_path / "surround.ogg"
    ffmpeg(*sine(0.5, 6), "-c:a", "libopus", path)
    to, pages = write(path, 12345)
    assert pages[0].packets == pages_of(path.read_bytes())[0].packets
    assert decoded_frames(to, 6) == 12345


def test_each_page_states_the_end_of_its_last_packet(mediabunny, opus, tmp_path):
    """A page holds at most 255 small packets."""
    to = tmp_path / "silence.ogg"
    packets = [(0, -PRE_SKIP + 960 * index, 960) for index in range(600)]
    mediabunny("write", path=opus, to=to, packets=packets, silence=True)
    pages = pages_of(to.read_bytes())[2:]
    held = itertools.accumulate(len(page.packets) for page in pages)
    assert [page.granule for page in pages] == [960 * packets for packets in held]
    assert decoded_frames(to) == 960 * 600 - PRE_SKIP


def test_last_page_may_be_full(mediabunny, opus, tmp_path):
    to = tmp_path / "full.ogg"
    packets = [(0, -PRE_SKIP + 960 * index, 960 if index < 254 else 100) for index in range(255)]
    mediabunny("write", path=opus, to=to, packets=packets, silence=True)
    last = pages_of(to.read_bytes())[-1]
    assert (len(last.packets), last.flags, last.granule) == (255, END, 960 * 254 + 100)


def copied_vorbis(mediabunny, path, to, start, end):
    """Copy from the packet before the first audible one, because Vorbis overlaps packets."""
    packets = [[round(value) for value in packet] for packet in mediabunny("read", path=path)["packets"]]
    first = max(index for index, packet in enumerate(packets) if packet[0] <= start) - 1
    chosen = [
        (index, packets[index][0] - start, min(packets[index][1], end - packets[index][0]))
        for index in range(max(0, first), len(packets))
        if packets[index][0] < end
    ]
    mediabunny("write", path=path, to=to, packets=chosen)
    return pages_of(to.read_bytes())


@pytest.mark.parametrize(("start", "end"), [(0, 144480), (0, 100000), (50000, 98000), (50001, 99999)])
def test_copied_vorbis_states_its_start_and_end(mediabunny, read, vorbis, tmp_path, start, end):
    to = tmp_path / "copied.ogg"
    pages = copied_vorbis(mediabunny, vorbis, to, start, end)
    assert pages[-1].granule == end - start
    packets = read(to)
    assert -2048 < packets[0][0] <= 0
    assert packets[0][1] == 0
    assert without_gaps(packets)
    assert ends(packets) == end - start


def test_comments_of_vorbis_end_with_the_framing_bit(mediabunny, vorbis, tmp_path):
    """Without it, libvorbis, and therefore Firefox, rejects the file as broken (Vorbis I, 5.2.1)."""
    pages = copied_vorbis(mediabunny, vorbis, tmp_path / "copied.ogg", 0, 48000)
    assert pages[1].packets[0].startswith(b"\x03vorbis")
    assert pages[1].packets[0].endswith(b"\x01")
