import asyncio
import math
from itertools import groupby

from pyscript import display, document, when

from mediarecorder import record

STEP = 0.1  # seconds
button, state, limit, moments = (
    document.querySelector(name) for name in ("#record", "#state", "#limit", "#moments")
)
stop = asyncio.Event()
levels = []  # decibels, one for each step of the last recording


@when("click", "#record")
async def record_or_stop(event):
    if button.textContent == "Stop":
        stop.set()
        return
    stop.clear()
    button.textContent = "Stop"
    state.textContent = "Recording…"
    try:
        recording = await record(stop_when=stop)
        state.textContent = "Measuring…"
        display(recording, target="answer", append=False)
        levels[:] = [level async for level in loudness(recording)]
        show_moments()
    except Exception as error:  # a refused microphone, for one
        state.textContent = str(error)
    button.textContent = "Record"


async def loudness(recording):
    """The level of each step in decibels; 0 is the loudest that a recording can hold."""
    async for block in recording.sample_blocks(STEP, 16000, channels=1):
        samples = memoryview(block).cast("B").cast("f")  # floats from -1 to 1
        power = math.sumprod(samples, samples) / len(samples)
        yield 10 * math.log10(power + 1e-12)


@when("input", "#limit")
def change_limit(event):
    document.querySelector("#above").textContent = limit.value
    if levels:
        show_moments()


def show_moments():
    found = list(loud_moments(float(limit.value)))
    moments.innerHTML = "".join(
        f'<li><button data-start="{start:.1f}">{start:.1f} s to {end:.1f} s</button></li>'
        for start, end in found
    )
    if found:
        state.textContent = f"Moments above {limit.value} dB: {len(found)}. Press one to hear it."
    else:
        state.textContent = f"Nothing is above {limit.value} dB."


def loud_moments(limit):
    """Start and end of each group of steps above the limit, in seconds."""
    for is_loud, steps in groupby(enumerate(levels), key=lambda step: step[1] > limit):
        if is_loud:
            numbers = [number for number, _ in steps]
            yield numbers[0] * STEP, (numbers[-1] + 1) * STEP


@when("click", "#moments")
def play(event):
    if start := getattr(event.target.dataset, "start", ""):
        player = document.querySelector("#answer audio")
        player.currentTime = float(start)
        player.play()


button.textContent, button.disabled = "Record", False
