"""Media files from elsewhere, and the facts about each. Imported inside and outside the browser.

ffmpeg makes each (`harness.recipes`) when the harness's server first receives a request for it. Their
pictures carry numbers (`harness.painted`). Their sound is a quiet tone with a beep at every whole second: a
missing tone reveals a gap, and the beeps show any delay of the sound.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

MIME_TYPES = {
    "webm": "video/webm",
    "mkv": "video/x-matroska",
    "mp4": "video/mp4",
    "m4a": "audio/mp4",
    "mov": "video/quicktime",
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "flac": "audio/flac",
    "aac": "audio/aac",
}

BEEP = 0.02
"""The duration of a beep in seconds."""
#: Hertz of the quiet tone in each channel (the fourth of six is the low-frequency channel), and of a beep.
TONES = (300, 400, 500, 60, 700, 800)
BEEP_TONE = 1000
TONE_LEVEL, BEEP_LEVEL = 0.1, 0.6
CENTRE = 2


@dataclass(frozen=True)
class Sound:
    """The sound of a file, as a player that honours the file's times plays it. Times are seconds."""

    end: float
    start: float = 0.0
    rate: int = 48_000
    channels: int = 2
    #: Start and end of a part without sound.
    hole: tuple[float, float] | None = None
    #: How late each beep is heard, because the file does not state its encoder's delay.
    late: float = 0.0
    #: Whether the file states the exact end of its sound; otherwise it may be a packet longer.
    exact: bool = True
    #: Seconds that were cut off the beginning.
    cut: float = 0.0

    @property
    def beeps(self) -> tuple[float, ...]:
        """The start of each beep."""
        first = self.start - self.cut
        times = (first + self.late + second for second in itertools.count())
        heard = itertools.takewhile(lambda time: time < self.end - 2 * BEEP, times)
        return tuple(
            time for time in heard if time >= 0 and not (self.hole and self.hole[0] <= time < self.hole[1])
        )


@dataclass(frozen=True)
class File:
    """One file of the corpus."""

    name: str
    #: The time of each picture (s), and its number.
    pictures: tuple[tuple[float, int], ...] = ()
    sound: Sound | None = None
    #: ffmpeg's encoding options; the recipe adds the others.
    options: str = ""
    #: The function in `harness.recipes`.
    recipe: str = "encode"
    size: tuple[int, int] = (160, 120)
    #: The end of the last picture and of the last sound.
    length: float = 0.0
    #: The different value in its header, if any.
    stated: float | None = None
    #: Languages of the sounds, if there are several.
    languages: tuple[str, ...] = ()
    tags: dict[str, str] = field(default_factory=dict)
    #: Pictures from here to there cannot be decoded.
    damaged: tuple[float, float] | None = None
    #: The allowed starts of a copy (s), if tested.
    keys: tuple[float, ...] = ()
    transparent: bool = False
    #: Whether `make test-all` tries this file, not only `make soak`.
    quick: bool = False

    @property
    def extension(self) -> str:
        return self.name.rpartition(".")[2]

    @property
    def mime_type(self) -> str:
        kind = MIME_TYPES[self.extension]
        return kind if self.pictures else kind.replace("video/", "audio/")

    @property
    def kinds(self) -> tuple[str, ...]:
        """The tracks."""
        return (("video",) if self.pictures else ()) + ("audio",) * (len(self.languages) or bool(self.sound))


def every(fps: float, seconds: float, start: float = 0.0) -> tuple[tuple[float, int], ...]:
    return tuple((start + number / fps, number) for number in range(round(fps * seconds)))


VP8 = "-c:v libvpx -b:v 500k -deadline realtime -cpu-used 8 -auto-alt-ref 0 -lag-in-frames 0 -g 30"
VP9 = "-c:v libvpx-vp9 -b:v 500k -deadline realtime -cpu-used 8 -lag-in-frames 0 -g 30"
AV1 = "-c:v libaom-av1 -b:v 300k -usage realtime -cpu-used 8 -lag-in-frames 0 -g 30"
H264 = "-c:v libx264 -preset veryfast -pix_fmt yuv420p -g 30 -sc_threshold 0 -bf 0"
OPUS = "-c:a libopus -b:a 96k"
AAC = "-c:a aac -b:a 128k"
LIVE = "-live 1 -cluster_time_limit 200"
SLIDES = ((0.0, 0), (3.2, 1), (4.1, 2), (11.75, 3), (16.4, 4))
FRAGMENTS = "-movflags frag_keyframe+empty_moov+default_base_moof"

#: Delayed by the encoder delay that Chromium's MP4 does not state.
OPUS_DELAY = 312 / 48_000
#: The delay that AAC and LAME add before the sound, which their raw streams cannot state.
AAC_DELAY = 1024 / 48_000
LAME_DELAY = 1105 / 44_100


def _sound(name: str, sound: Sound, options: str, **more: object) -> File:
    return File(name, sound=sound, options=options, length=sound.end, **more)  # type: ignore[arg-type]


def _both(name: str, fps: float, seconds: float, options: str, **more: object) -> File:
    """Pictures and sound of the same length."""
    more = {"sound": Sound(seconds), "length": seconds, **more}
    return File(name, every(fps, seconds), options=options, **more)  # type: ignore[arg-type]


def _cut(name: str, options: str, quick: bool = False) -> File:
    pictures = tuple((number / 30 - CUT, number) for number in range(39, 150))
    sound = Sound(5 - CUT, cut=CUT)
    return File(name, pictures, sound, options, "cut", length=sound.end, keys=(0,), quick=quick)


def _rows() -> list[File]:
    wav = {
        "wav-8k-8bit.wav": (8000, 1, "pcm_u8"),
        "wav-11k.wav": (11_025, 1, "pcm_s16le"),
        "wav-16k-24bit.wav": (16_000, 1, "pcm_s24le"),
        "wav-22k-32bit.wav": (22_050, 2, "pcm_s32le"),
        "wav-44k.wav": (44_100, 2, "pcm_s16le"),
        "wav-48k-float.wav": (48_000, 2, "pcm_f32le"),
        "wav-96k.wav": (96_000, 2, "pcm_s24le"),
        "wav-5.1.wav": (48_000, 6, "pcm_s16le"),
    }
    mp3 = {
        "mp3-48k-mono.mp3": (48_000, 1, "-b:a 64k"),
        "mp3-44k-vbr.mp3": (44_100, 2, "-q:a 4"),
        "mp3-16k.mp3": (16_000, 1, "-b:a 32k"),
        "mp3-8k.mp3": (8000, 1, "-b:a 16k"),
    }
    return [
        # Pictures and sound that begin and end together.
        _both("vp8-live.webm", 30, 5, f"{VP8} {OPUS} {LIVE}", recipe="without_default_duration", quick=True),
        _both("vp8.webm", 30, 3, f"{VP8} {OPUS}"),
        _both("vp8-pcm.mkv", 30, 3, f"{VP8} -c:a pcm_s16le"),
        _both("vp9.webm", 30, 3, f"{VP9} {OPUS}"),
        File("vp9-live.webm", every(25, 3), options=f"{VP9} {LIVE}", length=3),
        _both("av1.webm", 15, 3, f"{AV1} {OPUS}"),
        _both("av1.mp4", 15, 3, f"{AV1} {OPUS}"),
        _both("vp9.mp4", 30, 3, f"{VP9} {OPUS}"),
        _both("h264.mp4", 30, 3, f"{H264} {AAC}"),
        # (Without an edit list, ffmpeg keeps the encoder's delay, and the pictures are equally late.)
        File(
            "h264.mkv",
            every(30, 3, AAC_DELAY),
            Sound(3 + AAC_DELAY, late=AAC_DELAY, exact=False),
            f"{H264} {AAC}",
            length=3 + AAC_DELAY,
        ),
        _both("h264-reordered.mp4", 30, 3, f"{H264} -bf 2 {AAC}"),
        File(
            "fragmented.mp4",
            ((0.0, 0), *every(30, 3, AAC_DELAY)[1:]),
            Sound(3 + AAC_DELAY, late=AAC_DELAY, exact=False),
            f"{H264} {AAC} {FRAGMENTS}",
            length=3 + AAC_DELAY,
        ),
        _both("quicktime.mov", 30, 3, f"{H264} {AAC}"),
        _both("quicktime-pcm.mov", 30, 3, f"{H264} -c:a pcm_s16le"),
        _both("keys.webm", 15, 10, f"{VP8} {OPUS} {LIVE} -keyint_min 30", keys=(0, 2, 4, 6, 8), quick=True),
        # Few pictures.
        File("still.webm", every(30, 1), Sound(8), f"{VP8} {OPUS}", length=8, quick=True),
        File("one-frame.webm", ((0.0, 7),), Sound(3), f"{VP8} {OPUS} {LIVE}", length=3, quick=True),
        File("slides.webm", SLIDES, Sound(20), f"{VP8} {OPUS} {LIVE}", length=20),
        File("slides.mp4", SLIDES, Sound(20), f"{H264} {AAC}", length=20),
        # One track begins later than the other; gaps.
        File("late-sound.webm", every(15, 6), Sound(6, 2.0), f"{VP8} {OPUS}", length=6, quick=True),
        File("late-sound.mp4", every(15, 6), Sound(5.998, 2.0, exact=False), f"{H264} {AAC}", length=6),
        File("late-picture.webm", every(15, 4, 1.0), Sound(5), f"{VP8} {OPUS}", length=5),
        _both("hole.webm", 15, 6, f"{VP8} {OPUS}", sound=Sound(6, hole=(2, 4)), recipe="hole", quick=True),
        _both("hole.mp4", 15, 6, f"{H264} {OPUS}", sound=Sound(6, hole=(2, 4)), recipe="hole"),
        _sound("hole-sound.webm", Sound(6, hole=(2, 4)), OPUS, recipe="hole"),
        # The first 1.3 s of 5 were cut off without encoding.
        _cut("cut.mp4", f"{H264} {AAC}", quick=True),
        _cut("cut-opus.mp4", f"{H264} {OPUS}"),
        File(
            "chromium.mp4",
            ((0.0, 0), *every(30, 4, OPUS_DELAY)[1:]),
            Sound(4 + OPUS_DELAY, late=OPUS_DELAY, exact=False),
            f"{H264} {OPUS} {FRAGMENTS} -use_editlist 0",
            recipe="pre_skip_of_chromium",
            length=4 + OPUS_DELAY,
            quick=True,
        ),
        # Shapes.
        _both("reshaped.webm", 15, 4, f"{VP8} {OPUS}", size=(640, 480), recipe="reshaped", quick=True),
        _both("odd-321x241.webm", 15, 3, f"{VP8} {OPUS}", size=(321, 241)),
        _both("odd-161x121.webm", 15, 3, f"{VP9} {OPUS}", size=(161, 121)),
        _both("transparent-vp8.webm", 15, 3, f"{VP8} {OPUS}", recipe="transparent", transparent=True),
        _both("transparent-vp9.webm", 15, 3, f"{VP9} {OPUS}", recipe="transparent", transparent=True),
        _both("rotated.mp4", 15, 3, f"{H264} {AAC}", size=(120, 160), recipe="rotated"),
        # Facts in the header.
        _both("tagged.webm", 15, 3, f"{VP8} {OPUS}", recipe="tagged", tags=TAGS),
        _both("tagged.mp4", 15, 3, f"{H264} {AAC}", recipe="tagged", tags=TAGS),
        _both("two-sounds.webm", 15, 3, f"{VP8} {OPUS}", recipe="two_sounds", languages=("eng", "deu")),
        # Broken.
        _both(
            "truncated.webm",
            15,
            3,
            f"{VP8} {OPUS} -cluster_time_limit 1000",
            sound=Sound(2.97, exact=False),
            recipe="truncated",
            stated=5.007,
        ),
        _both("damaged.webm", 15, 4, f"{VP8} {OPUS}", recipe="damaged", damaged=(2.4, 4.0), keys=(0,)),
        # Sound alone.
        *(
            _sound(name, Sound(4, rate=rate, channels=channels), f"-c:a {codec}", quick=name == "wav-44k.wav")
            for name, (rate, channels, codec) in wav.items()
        ),
        *(
            _sound(
                name,
                Sound(4, rate=rate, channels=channels),
                f"-c:a libmp3lame {options}",
                quick=name == "mp3-44k-vbr.mp3",
            )
            for name, (rate, channels, options) in mp3.items()
        ),
        _sound(
            "mp3-bare.mp3",
            Sound(4 + LAME_DELAY, rate=44_100, late=LAME_DELAY, exact=False),
            "-c:a libmp3lame -b:a 128k -write_xing 0 -id3v2_version 0",
        ),
        _sound(
            "mp3-cover.mp3", Sound(4, rate=44_100), "-c:a libmp3lame -b:a 128k", recipe="cover", tags=TAGS
        ),
        _sound("opus.ogg", Sound(5), OPUS, quick=True),
        # Each channel is a stream of its own, so a packet is not one packet of Opus.
        _sound("opus-streams.ogg", Sound(4), f"{OPUS} -mapping_family 255"),
        _sound("opus-streams.webm", Sound(4), f"{OPUS} -mapping_family 255", quick=True),
        _sound("vorbis.ogg", Sound(4, rate=44_100), "-c:a libvorbis -q:a 4"),
        _sound("opus-5.1.ogg", Sound(4, channels=6), "-c:a libopus -b:a 384k"),
        _sound("aac-5.1.m4a", Sound(4, channels=6), "-c:a aac -b:a 384k"),
        _sound("vorbis-5.1.ogg", Sound(4, channels=6), "-c:a libvorbis -q:a 5"),
        _sound("flac.flac", Sound(4, rate=44_100), "-c:a flac -sample_fmt s16"),
        _sound("aac.aac", Sound(4 + AAC_DELAY, late=AAC_DELAY, exact=False), AAC),
    ]


TAGS = {"title": "Grüße", "artist": "Ada", "comment": "made elsewhere", "date": "2026"}
CUT = 1.3

FILES = {file.name: file for file in _rows()}
