"""All verbs agree with each other and with the facts about a file: on time, length and tracks."""

import pytest
from support.ask_judge import foreign, readers
from support.verbs import agrees, few_verbs_of, verbs_of

from harness.corpus import FILES
from mediarecorder.formats import MADE

#: Both browsers, but not a second time in a worker, because these tests concern the engine.
pytestmark = [
    pytest.mark.lane("chromium", "firefox"),
    pytest.mark.firefox_in_soak,
    pytest.mark.media_work,
]


@pytest.mark.parametrize(
    ("name", "verb"),
    [
        pytest.param(name, verb, marks=() if verb in few_verbs_of(name) else pytest.mark.soak)
        for name, file in FILES.items()
        if file.quick
        for verb in verbs_of(name)
    ],
)
async def test_verb_agrees_with_the_table(name, verb, engine):
    await agrees(name, verb, engine)


@pytest.mark.parametrize("name", ["vp8-live.webm", pytest.param("late-sound.webm", marks=pytest.mark.soak)])
@pytest.mark.parametrize("format", MADE)
async def test_readers_agree_on_written_files(name, format):
    """mediainfo, mkvmerge, mkvinfo, opusinfo, mp3val, mutagen, soundfile, PyAV and exiftool."""
    length = FILES[name].length
    made = await (await foreign(name)).convert(format)
    made = await made.with_tags(title="Über", artist="Ada")
    for reader, said in (await readers(made)).items():
        about = f"{name} as {format}, read by {reader}"
        assert said["warnings"] == [], about
        # (For MP4, mutagen reports the total duration of the packets of sound.)
        if said["duration"] is not None and not (reader == "mutagen" and name.startswith("late")):
            # (Some include the encoder's delay, or whole packets.)
            assert said["duration"] == pytest.approx(length, abs=0.08), about
        if reader in FIND_TAGS.get(format, ()):
            assert said["tags"].get("title") == "Über", about
            assert said["tags"].get("artist") == "Ada", about


FIND_TAGS = {
    "webm": ("mediainfo", "mkvinfo", "pyav", "exiftool"),
    "mp4": ("mediainfo", "mutagen", "pyav", "exiftool"),
    "wav": ("mediainfo", "mutagen", "pyav", "exiftool"),
    "ogg": ("mediainfo", "opusinfo", "mutagen", "pyav", "exiftool"),
    "mp3": ("mediainfo", "mutagen", "pyav", "exiftool"),
    "flac": ("mediainfo", "mutagen", "soundfile", "pyav", "exiftool"),
}
