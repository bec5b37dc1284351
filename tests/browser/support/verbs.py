"""The expected results of each verb on a file of the corpus (tests/harness/corpus.py)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from support.ask_judge import foreign, pictures, played

from harness import painted
from harness.agreement import (
    GAP,
    LOUD,
    PACKET,
    QUIET_BEFORE,
    SILENT,
    TICK,
    Truth,
    length_differs,
    part_of,
    pictures_differ,
    played_differs,
    sound_alone,
    sound_differs,
    truth_of,
    twice,
)
from harness.corpus import BEEP, FILES, File
from mediarecorder import AudioSamples, EncodingError, NotFoundError, NotSupportedError, Recording
from mediarecorder.formats import MADE

COPIED, ENCODED = 0.005, 0.010
"""Tolerance for the time of a beep in a copy, and after encoding (s)."""
LENGTH = 0.010
"""Tolerance for a length in seconds: some containers include an encoder's delay."""

CODECS = {
    "libvpx-vp9": "VP9",
    "libvpx": "VP8",
    "libaom-av1": "AV1",
    "libx264": "H.264",
    "libopus": "Opus",
    "libvorbis": "Vorbis",
    "libmp3lame": "MP3",
    "aac": "AAC",
    "flac": "FLAC",
}
#: Codecs that an engine cannot encode; the error names the codec.
NEVER_ENCODED = {
    "chromium": ("Vorbis",),
    "firefox": ("Vorbis", "H.264", "AV1"),
}
#: File endings of the same container.
SAME = {"m4a": "mp4", "mov": "mp4", "weba": "webm", "mka": "mkv"}
#: Containers that cannot be written from their own packets.
NOT_WRITTEN = {"aac": "AAC"}


@dataclass(frozen=True)
class Case:
    """A verb and the file that it is tried on."""

    file: File
    verb: str
    recording: Recording
    engine: str

    @property
    def truth(self) -> Truth:
        return truth_of(self.file)

    def codecs(self) -> list[str]:
        words = self.file.options.split()
        return [name for option, name in CODECS.items() if option in words]

    def agree(self, *problems: Iterable[str]) -> None:
        found = [problem for several in problems for problem in several]
        assert not found, f"{self.file.name}: {self.verb}: {'; '.join(found)}"

    @contextmanager
    def may_refuse(
        self, *, encodes: bool = False, writes: bool = False, decodes: Truth | None = None
    ) -> Iterator[None]:
        """The parts of the verb's work that are impossible with some files; the verb may then raise an error.

        Parameters
        ----------
        encodes
            It encodes with the file's codecs.
        writes
            It writes a file of the same container.
        decodes
            It decodes the pictures of this file.
        """
        try:
            yield
        except NotSupportedError as error:
            reasons = [codec for codec in self.codecs() if encodes and codec in NEVER_ENCODED[self.engine]]
            reasons += (
                [NOT_WRITTEN[self.file.extension]] if writes and self.file.extension in NOT_WRITTEN else []
            )
            if not any(reason.lower() in str(error).lower() for reason in reasons):
                self.agree([f"refused: {error}"])
            raise Refused from None
        except EncodingError as error:
            if decodes is None or decodes.damaged is None:
                self.agree([f"called broken: {error}"])
            raise Refused from None

    async def made(
        self, made: Recording, truth: Truth, *, beeps: float, pictures: float = TICK, extension: str = ""
    ) -> None:
        """Compare the judge's findings in the resulting file with these facts."""
        found = await played(made)
        exact = TICK
        if found["sound"] and made.extension not in ("webm", "mkv"):
            exact = 1 / found["sound"]["sample_rate"]
        if self.file.sound and self.file.sound.start:
            exact = TICK  # (ffmpeg reports a pause in MP4 in whole milliseconds.)
        within = max(LENGTH, truth.more)
        length = await made.measure()
        self.agree(
            self._container(made, extension or self.file.extension),
            played_differs(found, truth, beeps=beeps, end=exact, pictures=pictures),
            length_differs("its duration is", made.duration, truth.length, within),
            length_differs("it measures", length, truth.length, within),
            self._languages(found["languages"]) if truth.kinds == self.truth.kinds else [],
        )

    def _container(self, made: Recording, extension: str) -> Iterator[str]:
        found, wanted = (SAME.get(name, name) for name in (made.extension, extension))
        if found != wanted:
            yield f"it is {made.mime_type}"

    def _languages(self, found: list[str | None]) -> Iterator[str]:
        if self.file.languages and tuple(found) != self.file.languages:
            yield f"languages {found}, not {list(self.file.languages)}"


class Refused(Exception):
    """The verb's error gave the true reason."""


async def agrees(name: str, verb: str, engine: str) -> None:
    """Try a verb on a file; a failure names the file, the verb, and the difference."""
    kind, _, argument = verb.partition(" ")
    try:
        case = Case(FILES[name], verb, await foreign(name), engine)
        await (VERBS[kind](case, argument) if argument else VERBS[kind](case))
    except Refused:
        pass


# Length


async def measure(case: Case) -> None:
    truth = case.truth
    with case.may_refuse():
        length = await case.recording.measure()
    right = case.file.stated if case.file.stated and abs(length - case.file.stated) < TICK else truth.length
    case.agree(
        length_differs("it is", length, right, max(LENGTH, truth.more)),
        length_differs("its duration is", case.recording.duration, length, 0),
    )


# Files


async def seekable(case: Case) -> None:
    with case.may_refuse(writes=True):
        made = await case.recording.seekable()
    await case.made(made, case.truth, beeps=COPIED)


async def convert(case: Case, format: str) -> None:
    truth = case.truth
    if format not in ("webm", "mp4"):
        truth = sound_alone(truth)
    if format not in ("webm", "mp4") and not case.truth.has_sound:
        try:
            await case.recording.convert(format)
        except NotFoundError:
            return
        case.agree(["it has no sound, and the error does not say so"])
    with case.may_refuse(decodes=truth):
        made = await case.recording.convert(format)
    await case.made(made, truth, beeps=ENCODED, extension=format)
    if case.file.tags:
        title = (await made.tags()).get("title")
        case.agree([] if title == case.file.tags["title"] else [f"its title is {title!r}"])


async def trim(case: Case, which: str) -> None:
    start, end = parts(case.file)[which]
    truth = part_of(case.truth, start, case.truth.length if end is None else end)
    with case.may_refuse(encodes=True, writes=True, decodes=truth):
        made = await case.recording.trim(start, end)
    # The part is exact to the frame, even if the file does not state its own exact end.
    await case.made(made, truth, beeps=ENCODED)


async def copy(case: Case, which: str) -> None:
    start, end = parts(case.file)[which]
    last = case.truth.length if end is None else end
    with case.may_refuse(writes=True):
        made = await case.recording.trim(start, end, exact=False)
    begins = round(made.started_at - case.recording.started_at, 4)
    case.agree(_begins_at(case.file, begins, start))
    # (Times in WebM are rounded.)
    begins = next((at for at, _ in case.truth.pictures if abs(at - begins) <= TICK), max(0.0, begins))
    # (The last packet is complete; for mediabunny a PCM packet has 2048 frames and a FLAC packet 4608.)
    frames = {"wav": 2048, "mkv": 2048, "mov": 2048, "flac": 4608}.get(case.file.extension, 0)
    packet = max(PACKET, frames / case.file.sound.rate if case.file.sound else 0)
    truth = replace(part_of(case.truth, begins, last), more=packet, sure=2 * BEEP)
    if truth.silences == ((0.0, truth.end),):
        # There is no packet of sound to copy, so an empty track is accepted like one with silent packets.
        truth = replace(truth, silences=None)
    if case.file.extension == "mp3":
        # Its first frames need bytes of up to ten earlier frames, and LAME's fields can hide four.
        truth = replace(truth, silences=None)
    await case.made(made, truth, beeps=COPIED)


def _begins_at(file: File, begins: float, start: float) -> Iterator[str]:
    """A copy begins at a key frame (there is one every 2 s), or with the preceding packet of sound."""
    if file.keys:
        key = max(key for key in file.keys if key <= start)
        earliest, latest = key - TICK, key + TICK
    else:
        sparse = len(file.pictures) < 10 * file.length
        earliest = 0.0 if sparse and file.pictures else start - (2 + TICK if file.pictures else 0.3)
        latest = start + TICK
    if not earliest <= begins <= latest:
        yield f"it begins at {begins} s, not from {max(0, earliest):.3f} to {latest:.3f}"


async def concat(case: Case) -> None:
    with case.may_refuse(writes=True):
        made = await Recording.concat([case.recording, case.recording])
    truth = twice(case.truth)
    if not truth.more:
        await case.made(made, truth, beeps=COPIED)
        return
    # If the first does not state its exact end, it may last a packet longer, with the samples that its
    # encoder added.
    truth = replace(truth, silences=truth.silences or None)
    await case.made(made, truth, beeps=PACKET, pictures=PACKET)


async def with_tags(case: Case) -> None:
    with case.may_refuse(writes=True):
        made = await case.recording.with_tags(title="Über")
    await case.made(made, case.truth, beeps=COPIED)
    wanted = {**case.file.tags, "title": "Über"}
    tags = await made.tags()
    case.agree(
        f"{name} is {tags.get(name)!r}"
        for name in ("title", "artist")
        if name in wanted and tags.get(name) != wanted[name]
    )


# Numbers


async def samples(case: Case) -> None:
    if not await _has(case, "sound", case.recording.samples):
        return
    sound, truth = case.file.sound, case.truth
    found = await case.recording.samples()
    onsets, gaps = heard(found)
    end = found.frames / found.sample_rate
    case.agree(
        [f"{found.channels} channels, not {sound.channels}"] if found.channels != sound.channels else [],
        [f"{found.sample_rate} Hz, not {sound.rate}"] if found.sample_rate != sound.rate else [],
        sound_differs(onsets, gaps, end, truth, beeps=ENCODED, end=1 / sound.rate),
    )


async def sample_blocks(case: Case) -> None:
    if not await _has(case, "sound", case.recording.samples):
        return
    whole = await case.recording.samples()
    blocks = [bytes(block) async for block in case.recording.sample_blocks(0.7)]
    joined = b"".join(blocks)
    case.agree(
        ["the blocks differ from samples()"] if joined != bytes(whole) else [],
        [f"{len(blocks)} blocks"]
        if len(blocks) != -(-whole.frames // round(0.7 * whole.sample_rate))
        else [],
    )


async def waveform(case: Case) -> None:
    if not await _has(case, "sound", case.recording.waveform):
        return
    truth, width = case.truth, 0.05
    found = await case.recording.waveform(round(truth.end / width))
    levels = [max(high, -low) for low, high in found]
    loud = {place for place, level in enumerate(levels) if level > LOUD * max(levels)}
    # (The stretches are based on its real length.)
    unsure = ENCODED + truth.more
    beeps = [(int((at - unsure) / width), int((at + BEEP + unsure) / width)) for at in truth.beeps]
    near = {place for first, last in beeps for place in range(first, last + 1)}
    quiet = {place for place, level in enumerate(levels) if level < SILENT}
    silent = [place for a, b in truth.silences for place in range(int(a / width) + 2, int(b / width) - 2)]
    case.agree(
        (
            f"no beep at {first * width:.2f} s"
            for first, last in beeps
            if not loud & {*range(first, last + 1)}
        ),
        [f"loud at {sorted(round(place * width, 2) for place in loud - near)}"] if loud - near else [],
        [f"not silent in {truth.silences}"] if not quiet.issuperset(silent) else [],
        [f"silent {len(quiet)} times"] if len(quiet) > len(silent) + 4 * len(truth.silences) + 1 else [],
    )


async def frames(case: Case) -> None:
    if not await _has(case, "picture", lambda: anext(case.recording.frames(width=16))):
        return
    truth, found = case.truth, []
    with case.may_refuse(decodes=truth):
        try:
            async for frame in case.recording.frames(width=min(160, case.file.size[0]), format="gray"):
                found.append(
                    (frame.timestamp, painted.read(memoryview(frame).cast("B"), frame.width, frame.height))
                )
        except EncodingError:
            # All pictures before the error must be right.
            case.agree(pictures_differ(found, truth))
            raise
    case.agree(pictures_differ(found, truth))
    if case.file.transparent:
        async for frame in case.recording.frames(format="rgba"):
            pixels = memoryview(frame)
            above, below = pixels[1, 1, 3], pixels[frame.height - 2, 1, 3]
            case.agree(
                [f"alpha {above} above and {below} below at {frame.timestamp:.3f} s"]
                if above < 224 or below > 32
                else []
            )


async def thumbnail(case: Case) -> None:
    if not await _has(case, "picture", case.recording.thumbnail):
        return
    truth = case.truth
    end = truth.damaged[0] if truth.damaged else truth.length
    problems = []
    for part in (0.02, 0.31, 0.63, 0.97):
        # (The time is between two pictures, because a time on the edge could belong to either.)
        at = round(part * end, 2) + 0.005
        if (wanted := truth.shown_at(at)) is None:
            continue
        photo = await case.recording.thumbnail(at)
        [shown] = await pictures(photo.blob)
        if shown["code"] not in (wanted, truth.shown_at(at - 2 * TICK), truth.shown_at(at + 2 * TICK)):
            problems.append(f"at {at} s it shows {shown['code']} instead of {wanted}")
    case.agree(problems)


async def _has(case: Case, what: str, verb: Callable[[], Awaitable[Any]]) -> bool:
    """Whether the file has it; a verb that needs it reports that it is missing."""
    if case.truth.has_sound if what == "sound" else case.truth.has_picture:
        return True
    try:
        await verb()
    except NotFoundError:
        return False
    case.agree([f"it has no {what}, and the error does not say so"])
    return False


def heard(samples: AudioSamples) -> tuple[list[float], list[tuple[float, float]]]:
    """The starts of beeps, and the silences, as `harness.played` finds them."""
    rate, channels = samples.sample_rate, samples.channels
    values = memoryview(samples).cast("B").cast("f")
    step = max(1, rate // 200) * channels
    pieces = [values[place : place + step].tolist() for place in range(0, len(values), step)]
    levels = [max(max(piece), -min(piece)) for piece in pieces]
    threshold = max(0.05, LOUD * max(levels, default=0.0))
    onsets: list[float] = []
    last = -rate * channels
    for place, level in enumerate(levels):
        if level > threshold:
            for offset, value in enumerate(pieces[place]):
                if abs(value) > threshold:
                    at = place * step + offset
                    if at - last > QUIET_BEFORE * rate * channels:
                        onsets.append(at // channels / rate)
                    last = at
    gaps, began = [], None
    for place, level in enumerate([*levels, 1.0]):
        if level < SILENT and began is None:
            began = place
        elif level >= SILENT and began is not None:
            if (place - began) * step >= GAP * rate * channels:
                gaps.append(
                    (began * step / channels / rate, min(place * step, len(values)) / channels / rate)
                )
            began = None
    return onsets, gaps


VERBS: dict[str, Callable[..., Awaitable[None]]] = {
    verb.__name__: verb
    for verb in (
        measure,
        seekable,
        convert,
        trim,
        copy,
        concat,
        with_tags,
        samples,
        sample_blocks,
        waveform,
        frames,
        thumbnail,
    )
}


def parts(file: File) -> dict[str, tuple[float, float | None]]:
    """Parts to cut out (s), whose edges cut no beep. ``inside`` is within a silence or a still picture."""
    length = file.damaged[0] if file.damaged else file.length
    found: dict[str, tuple[float, float | None]] = {
        "early": (0.4, 0.3 * length if file.sound and file.sound.hole else 0.55 * length),
        "late": (0.6 * length, 0.9 * length),
        "rest": (0.37 * length, None if not file.damaged else 0.95 * length),
    }
    sound = file.sound
    if sound and sound.hole:
        found["inside"] = (sound.hole[0] + 0.3, sound.hole[1] - 0.4)
    elif sound and sound.start:
        found["inside"] = (0.3, sound.start - 0.4)
    elif len(file.pictures) > 1 and sound:
        lasting = max(
            zip(file.pictures, [*file.pictures[1:], (file.length, -1)], strict=True),
            key=lambda pair: pair[1][0] - pair[0][0],
        )
        (first, _), (last, _) = lasting
        if last - first > 2:
            found["inside"] = (first + 0.45, last - 0.55)
    truth = truth_of(file)
    return {
        name: (_beside(truth, start), end if end is None else _beside(truth, end))
        for name, (start, end) in found.items()
    }


def _beside(truth: Truth, time: float) -> float:
    if any(at - 0.05 < time < at + BEEP + 0.05 for at in truth.beeps):
        time += 0.13
    # (Rounding decides whether a picture at the very edge is in or out.)
    return round(time + 0.013 if any(abs(at - time) < 0.004 for at, _ in truth.pictures) else time, 3)


def few_verbs_of(name: str) -> list[str]:
    """Every fourth verb, from a different start for each file, and some cuts inside a silence."""
    turn = [file.name for file in FILES.values() if file.quick].index(name)
    tried = verbs_of(name)
    return [*tried[turn % 4 :: 4], *(verb for verb in tried[turn % 2 :: 2] if verb.endswith(" inside"))]


def verbs_of(name: str) -> list[str]:
    """All verbs with their arguments, as `agrees` takes them."""
    plain = [verb for verb in VERBS if verb not in ("convert", "trim", "copy")]
    cuts = [f"{verb} {which}" for verb in ("trim", "copy") for which in parts(FILES[name])]
    return [*plain, *(f"convert {format}" for format in MADE), *cuts]
