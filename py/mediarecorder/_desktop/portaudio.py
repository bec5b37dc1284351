"""PortAudio on the browser's sound: what `sounddevice` calls through cffi.

`sounddevice` is the real module (tools/sounddevice_module.py). In place of the compiled library and of cffi
it gets `lib` and `ffi`: functions with the names, arguments and results of PortAudio's C interface
(https://portaudio.com/docs/v19-doxydocs/portaudio_8h.html). A stream's callback is called in a task, so it
runs while the script waits.
"""

from __future__ import annotations

import asyncio
import math
import operator
import sys
import traceback
from array import array
from collections import deque
from contextlib import aclosing, suppress
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from .. import blocking
from .._host.browser import now
from .._host.features import can_run_sync
from .._media.samples import HIGHEST_RATE
from ..devices import media_devices
from ..errors import MediaError
from ..feeding import SoundFeeding
from ..outcome import Outcome, spawn
from ..recording import AudioSamples
from .waiting import wait

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

ERRORS = {
    -10000: "PortAudio is not initialized",
    -9999: "Unanticipated host error",
    -9998: "Invalid number of channels",
    -9997: "Invalid sample rate",
    -9996: "Invalid device",
    -9995: "Invalid flag",
    -9994: "Sample format not supported",
    -9989: "Stream without a callback",
    -9988: "Invalid stream pointer",
    -9984: "Incompatible host API specific stream info: a browser has neither ASIO, Core Audio nor WASAPI",
    -9983: "Stream is stopped",
    -9982: "Stream is not stopped",
    -9981: "Input overflowed",
    -9980: "Output underflowed",
    -9979: "Host API not found",
    -9978: "Invalid host API",
    -9977: "Can't read from a callback stream",
    -9976: "Can't write to a callback stream",
    -9975: "Can't read from an output only stream",
    -9974: "Can't write to an input only stream",
}
HOST_ERROR, NO_CHANNELS, NO_RATE, NO_DEVICE, NO_FLAG = -9999, -9998, -9997, -9996, -9995
BAD_STREAM, BAD_SETTINGS, STOPPED, NOT_STOPPED = -9988, -9984, -9983, -9982
OVERFLOWED, UNDERFLOWED, NO_HOST_API = -9981, -9980, -9979
INPUT_OVERFLOW, OUTPUT_UNDERFLOW = 2, 4
"""Flags of a callback's status."""

FLOAT32, INT32, INT24, INT16, INT8, UINT8 = 1, 2, 4, 8, 16, 32
BITS = {FLOAT32: 32, INT32: 32, INT24: 24, INT16: 16, INT8: 8, UINT8: 8}
CODES = {INT32: "i", INT24: "i", INT16: "h", INT8: "b", UINT8: "B"}
"""Of the modules array and struct."""

LOWEST_RATE = 1000
RATE = 48000
MOST_CHANNELS = 2
LOW, HIGH, LONGEST = 0.01, 0.02, 0.1
"""Seconds of a block, if the stream does not say how many frames it wants: its `latency`, and the most."""
LEAST_AHEAD, AHEAD, MOST_AHEAD = 0.05, 0.2, 1.0
"""Seconds that the output is ahead of what is heard: the `latency` of an output stream."""
LEAST = 0.005
"""Seconds of sound to fetch at a time; more if a block is longer."""
KEPT = 5.0
"""Seconds of input that wait to be read."""
INSTEAD = "recording = await mediarecorder.record(5)"


# cffi


class CData:
    """An object of C."""


class _Null(CData):
    def __bool__(self) -> bool:
        return False

    def __getitem__(self, index: int) -> Any:
        raise TypeError("a NULL pointer has no items")


NULL = _Null()


class Callback(CData):
    """A Python function that C calls: its exceptions are printed, and it returns a value for errors."""

    def __init__(self, function: Callable[..., Any], error: Any) -> None:
        self._function, self._error = function, error

    def __call__(self, *arguments: Any) -> Any:
        try:
            return self._function(*arguments)
        except asyncio.CancelledError:  # the stream was stopped while the callback waited
            return self._error
        except BaseException:
            print(f"Exception ignored from cffi callback {self._function!r}:", file=sys.stderr)
            traceback.print_exc()
            return self._error


class Ffi:
    """The parts of cffi's API that sounddevice uses."""

    NULL = NULL
    CData = CData

    def dlopen(self, name: str) -> Any:
        return lib

    def new(self, kind: str, value: Any = None) -> Any:
        if kind == "PaStream**":
            return [NULL]
        if kind == "signed char[]":
            return bytearray(value)
        if kind == "PaStreamParameters*":
            device, channels, sample_format, latency, settings = value
            if isinstance(latency, str):
                raise TypeError("must be real number, not str")
            return SimpleNamespace(
                device=operator.index(device),
                channelCount=operator.index(channels),
                sampleFormat=sample_format,
                suggestedLatency=float(latency),
                hostApiSpecificStreamInfo=settings,
            )
        return SimpleNamespace(value=value)  # settings of a host API

    def sizeof(self, kind: str) -> int:
        return 0

    def cast(self, kind: str, value: Any) -> Any:
        return value

    def string(self, text: bytes) -> bytes:
        return text

    def buffer(self, data: Any, size: int | None = None) -> memoryview:
        return memoryview(data)[:size]

    def from_buffer(self, data: Any) -> memoryview:
        return memoryview(data).cast("B")

    def callback(self, kind: str, function: Callable[..., Any] | None = None, error: Any = None) -> Any:
        return Callback(function, error) if function else lambda function: Callback(function, error)


ffi = Ffi()


# Formats of samples


def from_floats(data: Any, kind: int) -> bytearray:
    """Samples in a format, from 32-bit floats between -1 and 1."""
    if kind == FLOAT32:
        return bytearray(data)
    full = 1 << (BITS[kind] - 1)
    middle = 128 if kind == UINT8 else 0
    floats = memoryview(data).cast("B").cast("f")
    if numpy := sys.modules.get("numpy"):
        scaled = numpy.rint(numpy.asarray(floats, "d") * full)
        made = (numpy.clip(scaled, -full, full - 1) + middle).astype(CODES[kind]).tobytes()
    else:
        numbers = (max(-full, min(full - 1, round(value * full))) + middle for value in floats)
        made = array(CODES[kind], numbers).tobytes()
    if kind != INT24:
        return bytearray(made)
    packed = bytearray(3 * len(floats))
    for byte in range(3):
        packed[byte::3] = made[byte::4]
    return packed


def to_floats(data: Any, kind: int) -> bytearray:
    """32-bit floats, from samples in a format."""
    raw = memoryview(data).cast("B")
    numpy = sys.modules.get("numpy")
    if kind == FLOAT32:
        # A sound card takes every number; `from_blocks` refuses NaN and infinity.
        if numpy:
            return bytearray(numpy.nan_to_num(numpy.frombuffer(raw, "f"), posinf=1, neginf=-1))
        floats = array("f", bytes(raw))
        for index, value in enumerate(floats):
            if not math.isfinite(value):
                floats[index] = 0 if math.isnan(value) else math.copysign(1, value)
        return bytearray(floats)
    if kind == INT24:
        wide = bytearray(len(raw) // 3 * 4)  # the lowest of four bytes is 0
        for byte in range(3):
            wide[byte + 1 :: 4] = bytes(raw)[byte::3]
        raw, kind = memoryview(wide), INT32
    full = 1 << (BITS[kind] - 1)
    middle = 128 if kind == UINT8 else 0
    numbers: Any = raw.cast(CODES[kind])  # type: ignore[call-overload]
    if numpy:
        return bytearray(((numpy.asarray(numbers, "d") - middle) / full).astype("f").tobytes())
    return bytearray(array("f", ((number - middle) / full for number in numbers)).tobytes())


# Devices

_devices: list[Any] = []


async def _find_devices() -> None:
    """The microphones, and then the loudspeaker that the system has selected: browsers play on that one."""
    found = await media_devices.enumerate_devices()
    _devices[:] = [
        _device(info.label or f"Microphone {number}", info, MOST_CHANNELS, 0)
        for number, info in enumerate((info for info in found if info.kind == "audioinput"), 1)
    ]
    _devices.append(_device("Default loudspeaker", None, 0, MOST_CHANNELS))


def _device(name: str, info: Any, inputs: int, outputs: int) -> Any:
    return SimpleNamespace(
        structVersion=2,
        name=name.encode(),
        info=info,
        hostApi=0,
        maxInputChannels=inputs,
        maxOutputChannels=outputs,
        defaultLowInputLatency=LOW,
        defaultLowOutputLatency=LEAST_AHEAD,
        defaultHighInputLatency=HIGH,
        defaultHighOutputLatency=AHEAD,
        defaultSampleRate=float(RATE),
    )


def devices(again: bool = False) -> list[Any]:
    if again or not _devices:
        wait("query_devices", "await mediarecorder.media_devices.enumerate_devices()", _find_devices())
    return _devices


def unsupported(parameters: Any, outputs: bool, rate: float) -> int:
    """The error of one direction's parameters, or 0."""
    if not 0 <= parameters.device < len(devices()):
        return NO_DEVICE
    device = devices()[parameters.device]
    most = device.maxOutputChannels if outputs else device.maxInputChannels
    if not 0 < parameters.channelCount <= most:
        return NO_CHANNELS
    if parameters.hostApiSpecificStreamInfo:
        return BAD_SETTINGS
    return 0 if LOWEST_RATE <= rate <= HIGHEST_RATE else NO_RATE


# Streams


class Stream(CData):
    """A stream of input, of output, or of both.

    Input comes from `MediaStream.blocks`, which keeps 5 s for Python, and output goes to the loudspeaker as
    in `MediaStream.from_blocks`. With a callback, one task reads, calls it, and sends what it wrote. Without
    one, `read` and `write` pass the samples through queues.
    """

    finished: Callable[[Any], Any] | None = None

    def __init__(
        self, inputs: Any, outputs: Any, rate: float, size: int, callback: Any, userdata: Any
    ) -> None:
        self.inputs, self.outputs = inputs, outputs
        self.rate = round(rate)
        self._callback, self._userdata = callback, userdata
        wanted = inputs.suggestedLatency if inputs else LOW
        self.size = size or max(1, round(min(max(wanted, LOW), LONGEST) * rate))
        wanted = outputs.suggestedLatency if outputs else 0
        self.ahead = min(max(wanted, LEAST_AHEAD), MOST_AHEAD)
        self._source: Any = None
        self._task: asyncio.Task[None] | None = None
        #: The tasks that call the callbacks.
        self._own: set[Any] = set()
        self._ending = False
        self._status = 0
        #: When all output that was sent will have been heard.
        self._heard_until: float | None = None
        self.load = 0.0
        self.is_active, self.is_stopped = False, True

    @property
    def has_callback(self) -> bool:
        return bool(self._callback)

    # Life

    async def open(self) -> None:
        if self.inputs:
            device = devices()[self.inputs.device].info
            wanted = {
                "channel_count": self.inputs.channelCount,
                "echo_cancellation": False,
                "noise_suppression": False,
                "auto_gain_control": False,
                **({"device_id": {"exact": device.device_id}} if device.device_id else {}),
            }
            self._source = await media_devices.get_user_media(audio=wanted)

    async def start(self) -> None:
        """Resolves when the sound has begun."""
        self._ending, self._status, self._heard_until = False, 0, None
        self._read: deque[bytearray] = deque()
        self._readable, self._overflowed = 0, False
        self._sent: asyncio.Queue[AudioSamples | None] = asyncio.Queue()
        self._changed = asyncio.Event()
        begun: Outcome[None] = Outcome()
        self.is_active, self.is_stopped = True, False
        self._task = spawn(self._run(begun))
        self._own = {self._task}
        try:
            await begun
        except BaseException:
            self.is_stopped = True
            raise

    async def _run(self, begun: Outcome[None]) -> None:
        feeding = None
        try:
            if self.outputs:
                produced = self._produced() if self._callback and not self.inputs else self._passed_on()
                feeding = SoundFeeding(produced, self.rate, self.outputs.channelCount, latency=self.ahead)
                await feeding.begun
            if self.inputs:
                await self._listen(begun)
                self._sent.put_nowait(None)
            begun._resolve(None)
            if feeding:
                await asyncio.wait({feeding._task})
        except asyncio.CancelledError:
            pass
        except BaseException as error:
            begun._reject_aloud(error, "an error has ended a stream of sounddevice")
        finally:
            begun._resolve(None)
            if feeding:
                feeding.stop()
            self.is_active = False
            self._changed.set()
            if self.finished:
                self.finished(self._userdata)

    def end(self) -> None:
        """No further block begins; what was sent is still heard."""
        self._ending = True
        if not self._callback:
            self._sent.put_nowait(None)

    async def stop(self, at_once: bool) -> None:
        """Resolves when nothing is heard or called any more."""
        self.end()
        assert self._task
        if self.is_active and (at_once or (self.inputs and not self.outputs)):
            self._task.cancel()
        await asyncio.wait({self._task})
        self.is_active, self.is_stopped = False, True

    def close(self) -> None:
        if self._source:
            self._source.stop()

    # Input

    async def _listen(self, begun: Outcome[None]) -> None:
        step = self.size * max(1, -(-round(LEAST * self.rate) // self.size))
        channels = self.inputs.channelCount
        blocks = self._source.blocks(step / self.rate, sample_rate=self.rate, channels=channels)
        async with aclosing(blocks):
            async for block in blocks:
                begun._resolve(None)
                if block.lost:
                    self._status |= INPUT_OVERFLOW
                if self._ending or not self._take(block):
                    return

    def _take(self, block: AudioSamples) -> bool:
        """Handle some input. False if it was the last."""
        kind, channels = self.inputs.sampleFormat, self.inputs.channelCount
        data = from_floats(block._data, kind)
        if not self._callback:
            self._keep(data, block.frames)
            return True
        width = self.size * channels * BITS[kind] // 8
        for start in range(0, len(data), width):
            piece = data[start : start + width]
            frames = len(piece) * 8 // BITS[kind] // channels
            output = self._silence(frames) if self.outputs else None
            result = self._call(piece, output, frames)
            if output is not None and result != Lib.paAbort:
                self._sent.put_nowait(self._heard(output))
            if result:
                return False
        return True

    def _keep(self, data: bytearray, frames: int) -> None:
        self._read.append(data)
        self._readable += frames
        width = self.inputs.channelCount * BITS[self.inputs.sampleFormat] // 8
        while self._readable > KEPT * self.rate and len(self._read) > 1:
            self._readable -= len(self._read.popleft()) // width
            self._status |= INPUT_OVERFLOW
        self._changed.set()

    @property
    def readable(self) -> int:
        return self._readable if self.is_active else 0

    async def read(self, target: bytearray, frames: int) -> int:
        """Fill the target. Returns the error, or 0."""
        width = self.inputs.channelCount * BITS[self.inputs.sampleFormat] // 8
        filled = 0
        while filled < len(target) and (self._read or self.is_active):
            if not self._read:
                self._changed.clear()
                await self._changed.wait()
                continue
            piece = self._read.popleft()
            used = min(len(piece), len(target) - filled)
            target[filled : filled + used] = piece[:used]
            filled += used
            if used < len(piece):
                self._read.appendleft(piece[used:])
            self._readable -= used // width
        if filled < len(target):
            return STOPPED  # the device was unplugged
        return self._told(INPUT_OVERFLOW, OVERFLOWED)

    def _told(self, flag: int, error: int) -> int:
        set_, self._status = self._status & flag, self._status & ~flag
        return error if set_ else 0

    # Output

    def _silence(self, frames: int) -> bytearray:
        kind = self.outputs.sampleFormat
        size = frames * self.outputs.channelCount * BITS[kind] // 8
        return bytearray(b"\x80" * size if kind == UINT8 else size)

    def _heard(self, output: Any) -> AudioSamples:
        data = to_floats(output, self.outputs.sampleFormat)
        samples = AudioSamples._of(data, self.outputs.channelCount, self.rate)
        heard, moment = self._heard_until, now()
        # (The two clocks differ, and the sound begins a moment after the first block was sent.)
        if heard is not None and moment > heard + self.ahead / 2:
            self._status |= OUTPUT_UNDERFLOW
        self._heard_until = max(heard or 0, moment) + samples.duration
        return samples

    async def _produced(self) -> AsyncIterator[AudioSamples]:
        """What the callback of an output stream writes, whenever there is room for more."""
        self._own.add(asyncio.current_task())
        while not self._ending:
            output = self._silence(self.size)
            result = self._call(None, output, self.size)
            if result != Lib.paAbort:
                yield self._heard(output)
            if result:
                return

    async def _passed_on(self) -> AsyncIterator[AudioSamples]:
        while (samples := await self._sent.get()) is not None:
            yield samples
            self._changed.set()

    @property
    def writable(self) -> int:
        ahead = max(0.0, (self._heard_until or 0) - now())
        return max(0, round((self.ahead - ahead) * self.rate)) if self.is_active else 0

    async def write(self, data: Any) -> int:
        """Send samples, and wait until there is room for more. Returns the error, or 0."""
        if len(data):
            self._sent.put_nowait(self._heard(data))
        while self._sent.qsize() and self.is_active:
            self._changed.clear()
            await self._changed.wait()
        return self._told(OUTPUT_UNDERFLOW, UNDERFLOWED)

    def _call(self, data: Any, output: Any, frames: int) -> int:
        begun = now()
        times = SimpleNamespace(
            inputBufferAdcTime=begun - frames / self.rate,
            currentTime=begun,
            outputBufferDacTime=max(self._heard_until or 0, begun),
        )
        status, self._status = self._status, 0
        result = self._callback(data, output, frames, times, status, self._userdata)
        self.load = (now() - begun) * self.rate / frames
        return int(result or 0)


_open: list[Stream] = []
_last_error = ""


def _host_error(error: MediaError) -> int:
    global _last_error
    _last_error = str(error)
    return HOST_ERROR


def _waited(doing: str, work: Any) -> int:
    """Wait for a coroutine. Its error becomes that of the host, of which sounddevice prints the text."""
    blocking.require_waiting(doing, INSTEAD, [work])
    try:
        return int(blocking.run(work) or 0)
    except MediaError as error:
        return _host_error(error)


class Lib:
    """PortAudio's functions. Each returns an error, or what its name says."""

    paFloat32, paInt32, paInt24, paInt16, paInt8, paUInt8 = FLOAT32, INT32, INT24, INT16, INT8, UINT8
    paNoFlag, paClipOff, paDitherOff, paNeverDropInput = 0, 1, 2, 4
    paPrimeOutputBuffersUsingStreamCallback = 8
    paContinue, paComplete, paAbort = 0, 1, 2
    paInputUnderflow, paInputOverflow, paOutputUnderflow = 1, INPUT_OVERFLOW, OUTPUT_UNDERFLOW
    paOutputOverflow, paPrimingOutput = 8, 16
    paUnanticipatedHostError, paStreamIsNotStopped = HOST_ERROR, NOT_STOPPED
    paInputOverflowed, paOutputUnderflowed, paHostApiNotFound = OVERFLOWED, UNDERFLOWED, NO_HOST_API
    paFramesPerBufferUnspecified = 0
    paDirectSound, paMME, paASIO, paWASAPI = 1, 2, 3, 13

    def __getattr__(self, name: str) -> Any:
        if name.startswith(("paMacCore", "paWinWasapi", "paAsio")):
            return 0  # flags of settings that no browser has
        if name.startswith("PaMacCore"):
            return lambda *arguments: None
        raise AttributeError(f"PortAudio has no {name}")

    def Pa_Initialize(self) -> int:
        return 0

    def Pa_Terminate(self) -> int:
        close_all()
        return 0

    def Pa_GetVersion(self) -> int:
        return 19 << 16 | 7 << 8

    def Pa_GetVersionText(self) -> bytes:
        return b"PortAudio V19.7, on the browser's sound"

    def Pa_GetErrorText(self, error: int) -> bytes:
        return ERRORS.get(error, "Unknown error").encode()

    def Pa_GetLastHostErrorInfo(self) -> Any:
        return SimpleNamespace(hostApiType=0, errorCode=0, errorText=_last_error.encode())

    def Pa_Sleep(self, milliseconds: int) -> None:
        seconds = operator.index(milliseconds) / 1000
        wait("sounddevice.sleep", f"await asyncio.sleep({seconds:g})", asyncio.sleep(seconds))

    # Host APIs and devices

    def Pa_GetHostApiCount(self) -> int:
        return 1

    def Pa_GetDefaultHostApi(self) -> int:
        return 0

    def Pa_HostApiTypeIdToHostApiIndex(self, kind: int) -> int:
        return NO_HOST_API if kind else 0

    def Pa_GetHostApiInfo(self, index: int) -> Any:
        if index != 0:
            return NULL
        return SimpleNamespace(
            structVersion=1,
            name=b"Browser",
            deviceCount=len(devices()),
            defaultInputDevice=self.Pa_GetDefaultInputDevice(),
            defaultOutputDevice=self.Pa_GetDefaultOutputDevice(),
        )

    def Pa_HostApiDeviceIndexToDeviceIndex(self, api: int, index: int) -> int:
        return index

    def Pa_GetDeviceCount(self) -> int:
        return len(devices(again=True))

    def Pa_GetDeviceInfo(self, index: int) -> Any:
        return devices()[index] if 0 <= index < len(devices()) else NULL

    def Pa_GetDefaultInputDevice(self) -> int:
        return 0 if devices()[0].maxInputChannels else -1

    def Pa_GetDefaultOutputDevice(self) -> int:
        return len(devices()) - 1

    def Pa_IsFormatSupported(self, inputs: Any, outputs: Any, rate: float) -> int:
        rate = _real(rate)
        error = unsupported(inputs, False, rate) if inputs else 0
        return error or (unsupported(outputs, True, rate) if outputs else 0)

    def Pa_GetSampleSize(self, kind: int) -> int:
        return BITS[kind] // 8

    # Streams

    def Pa_OpenStream(
        self,
        pointer: list[Any],
        inputs: Any,
        outputs: Any,
        rate: float,
        size: int,
        flags: int,
        callback: Any,
        userdata: Any,
    ) -> int:
        rate, size = _real(rate), array("I", [size])[0]
        if error := self.Pa_IsFormatSupported(inputs, outputs, rate):
            return error
        if flags & self.paNeverDropInput and not (inputs and outputs and callback and size == 0):
            return NO_FLAG
        stream = Stream(inputs, outputs, rate, size, callback, userdata)
        error = _waited("opening a stream of sounddevice", stream.open())
        if not error:
            _open.append(stream)
            pointer[0] = stream
        return error

    def Pa_GetStreamInfo(self, stream: Stream) -> Any:
        return SimpleNamespace(
            inputLatency=stream.size / stream.rate, outputLatency=stream.ahead, sampleRate=float(stream.rate)
        )

    def Pa_SetStreamFinishedCallback(self, stream: Stream, callback: Any) -> int:
        stream.finished = callback
        return 0

    def Pa_StartStream(self, stream: Stream) -> int:
        if not stream:
            return BAD_STREAM
        if stream.is_active:
            return NOT_STOPPED
        try:
            return _waited("starting a stream of sounddevice", stream.start())
        except BaseException:
            if stream._task:  # interrupted
                spawn(stream.stop(at_once=True))
            raise

    def Pa_StopStream(self, stream: Stream) -> int:
        return self._stop(stream, at_once=False)

    def Pa_AbortStream(self, stream: Stream) -> int:
        return self._stop(stream, at_once=True)

    def _stop(self, stream: Stream, at_once: bool) -> int:
        if not stream:
            return BAD_STREAM
        if stream.is_stopped:
            return STOPPED
        # Python's collector may have found the stream; and a callback would wait for itself.
        if not can_run_sync() or asyncio.current_task(asyncio.get_event_loop()) in stream._own:
            spawn(stream.stop(at_once=True))
            return 0
        return _waited("stopping a stream of sounddevice", stream.stop(at_once))

    def Pa_CloseStream(self, stream: Stream) -> int:
        if not stream:
            return BAD_STREAM
        try:
            return 0 if stream.is_stopped else self._stop(stream, at_once=True)
        finally:
            stream.close()
            with suppress(ValueError):
                _open.remove(stream)

    def Pa_IsStreamActive(self, stream: Stream) -> int:
        return int(stream.is_active)

    def Pa_IsStreamStopped(self, stream: Stream) -> int:
        return int(stream.is_stopped)

    def Pa_GetStreamTime(self, stream: Stream) -> float:
        return now() if stream else 0.0

    def Pa_GetStreamCpuLoad(self, stream: Stream) -> float:
        return stream.load if stream and stream.has_callback else 0.0

    def Pa_GetStreamReadAvailable(self, stream: Stream) -> int:
        return self._available(stream, -9977, -9975, "inputs", "readable")

    def Pa_GetStreamWriteAvailable(self, stream: Stream) -> int:
        return self._available(stream, -9976, -9974, "outputs", "writable")

    def _available(self, stream: Stream, *unusable: Any) -> int:
        *reasons, frames = unusable
        error = _unusable(stream, *reasons)
        return 0 if error in (BAD_STREAM, STOPPED) else error or getattr(stream, frames)

    def Pa_ReadStream(self, stream: Stream, target: bytearray, frames: int) -> int:
        error = _unusable(stream, -9977, -9975, "inputs")
        return error or _waited("reading from a stream of sounddevice", stream.read(target, frames))

    def Pa_WriteStream(self, stream: Stream, data: Any, frames: int) -> int:
        error = _unusable(stream, -9976, -9974, "outputs")
        return error or _waited("writing to a stream of sounddevice", stream.write(data))


def _unusable(stream: Any, with_callback: int, one_way: int, direction: str) -> int:
    """Why a stream cannot be read or written, or 0."""
    if not stream:
        return BAD_STREAM
    if stream.has_callback:
        return with_callback
    if not getattr(stream, direction):
        return one_way
    return 0 if stream.is_active else STOPPED


def _real(number: Any) -> float:
    if isinstance(number, str):
        raise TypeError("must be real number, not str")
    return float(number)


def close_all() -> None:
    """Release all devices."""
    for stream in _open[:]:
        lib.Pa_CloseStream(stream)


lib = Lib()
