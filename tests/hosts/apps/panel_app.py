"""An app for `panel convert`: it records when a button is pressed, and shows the player."""

import sys

import panel as pn

from mediarecorder import MediaError, Recording, blocking, record

HOSTILE = 'audio/webm;codecs="<img src=x onerror=window.attacked=true>"'

pn.extension()
shown = pn.Column()
early = "connected"
if sys.platform == "emscripten":  # `panel convert` runs this file, too
    try:
        blocking.connect()
    except MediaError as error:
        early = str(error)


async def press(event):
    shown.clear()
    recording = await record(1)
    whole = recording.size == len(await recording.bytes()) > 0
    shown.extend([pn.panel(recording), pn.panel(Recording.from_bytes(b"no media", HOSTILE))])
    shown.append(f"Recorded: {whole} {recording.duration > 0.8}")


def press_blocking(event):
    shown.clear()
    try:
        recording = blocking.record(1)
        shown.append(f"Recorded: {recording.size > 0} {recording.duration > 0.8}")
    except MediaError as error:
        shown.append(f"Failed: {error}")


pn.Column(
    pn.widgets.Button(name="Record", on_click=press),
    pn.widgets.Button(name="Record without await", on_click=press_blocking),
    pn.pane.Str(f"Early: {early}"),
    shown,
).servable()
