"""Tags of a recording.

tests/repository/test_tags_matrix.py compares them with other programs.
"""

import datetime

import pytest
from support.ask_judge import packets, probe
from support.tones import tones

from mediarecorder import NotSupportedError, Recording
from mediarecorder.formats import MADE

pytestmark = pytest.mark.media_work

ALL = {
    "title": "Interview",
    "description": "Of the 24th",
    "artist": "Ada",
    "album": "Voices",
    "album_artist": "All",
    "genre": "Talk",
    "comment": "two\nlines",
    "lyrics": "la 日本",
    "date": "2026-11",
    "track_number": 3,
    "tracks_total": 12,
    "disc_number": 1,
    "discs_total": 2,
    "beats_per_minute": 120,
}


@pytest.mark.core
@pytest.mark.parametrize("format", MADE)
async def test_title_and_date_are_in_the_file(recorded, format):
    recording = await (await recorded("both", timeslice=0.2)).convert(format)
    named = await recording.with_tags(title="Grüße & <b>中</b>", date=datetime.date(2026, 11, 24))
    assert await named.tags() == {"title": "Grüße & <b>中</b>", "date": datetime.date(2026, 11, 24)}
    found = await probe(named)
    assert found["errors"] == []
    if format != "ogg":  # its tags belong to the stream
        assert found["tags"]["title"] == "Grüße & <b>中</b>"
        assert found["tags"]["date"] == "2026-11-24"
    assert [stream["digest"] for stream in await packets(named)] == [
        stream["digest"] for stream in await packets(recording)
    ]
    assert "title" not in await recording.tags(), "the first one is unchanged"


async def test_tags_are_kept_changed_and_removed():
    recording = await tones(440, seconds=0.3).to_recording("webm")
    named = await recording.with_tags(title="One", artist="Ada", track_number=3, date="2026-01-02")
    assert await named.tags() == {
        "title": "One",
        "artist": "Ada",
        "track_number": 3,
        "date": datetime.date(2026, 1, 2),
    }
    changed = await named.with_tags(title="Two", artist=None)
    assert await changed.tags() == {"title": "Two", "track_number": 3, "date": datetime.date(2026, 1, 2)}


@pytest.mark.parametrize("format", MADE)
async def test_tags_survive_every_verb(format):
    named = await (await tones(440, seconds=0.5).to_recording("webm")).with_tags(**ALL)
    converted = await named.convert(format)
    assert await converted.tags() == ALL
    assert await (await converted.convert("webm")).tags() == ALL
    assert await (await converted.seekable()).tags() == ALL
    assert await (await converted.trim(0.1, 0.3)).tags() == ALL
    assert await (await converted.trim(0.1, 0.3, exact=False)).tags() == ALL
    other = await converted.with_tags(title="Another")
    assert await (await Recording.concat([converted, other])).tags() == ALL


@pytest.mark.parametrize("date", ["2026", "2026-11", "2026-11-24T10:20", "2026-11-24T10:20:30+01:00"])
async def test_date_keeps_its_precision(date):
    recording = await tones(440, seconds=0.1).to_recording("wav")
    named = await recording.with_tags(date=date)
    assert await named.tags() == {"date": date}
    again = await recording.with_tags(**await named.tags())
    assert await again.tags() == {"date": date}


@pytest.mark.parametrize(
    ("date", "found"),
    [
        ("2026-11-24", datetime.date(2026, 11, 24)),
        (datetime.datetime(2026, 11, 24, 10, 20), datetime.date(2026, 11, 24)),
    ],
)
async def test_complete_date_becomes_a_date_object(date, found):
    named = await (await tones(440, seconds=0.1).to_recording("wav")).with_tags(date=date)
    assert await named.tags() == {"date": found}


async def test_fresh_recording_has_no_title(recorded):
    assert "title" not in await (await recorded("sound")).tags()


async def test_tag_without_a_place_in_the_container_is_rejected():
    """In ID3 a number as genre means the genre with that number: 17 is Rock."""
    mp3 = await tones(440, seconds=0.2).to_recording("mp3")
    with pytest.raises(NotSupportedError, match="genre"):
        await mp3.with_tags(title="One", genre="17")


@pytest.mark.parametrize(
    ("tags", "error", "text"),
    [
        ({"titel": "x"}, TypeError, "unknown tag 'titel'; choose one of title"),
        ({"title": 5}, TypeError, "title must be a string"),
        ({"title": "a\0b"}, ValueError, "title must not contain a null character"),
        ({"date": 5}, TypeError, "date"),
        ({"date": "yesterday"}, ValueError, "yesterday"),
        ({"date": "2026-13"}, ValueError, "month"),
        ({"date": "24.11.2026"}, ValueError, "24.11.2026"),
        ({"track_number": "1"}, TypeError, "track_number"),
        ({"track_number": 0}, ValueError, "track_number"),
    ],
)
async def test_invalid_tags_are_rejected(recorded, tags, error, text):
    with pytest.raises(error, match=text):
        await (await recorded("sound")).with_tags(**tags)
