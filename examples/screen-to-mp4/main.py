import asyncio

from pyscript import display, document, when

from mediarecorder import NotAllowedError, record

button, voice, state, progress = (
    document.querySelector(name) for name in ("#record", "#voice", "#state", "#progress")
)
stop = asyncio.Event()


@when("click", "#record")
async def record_or_stop(event):
    if button.textContent == "Stop":
        stop.set()
        return
    stop.clear()
    button.textContent = "Stop"
    state.textContent = "Recording…"
    try:
        # The browser's own "Stop sharing" ends the recording as well.
        recording = await record(screen=True, audio=voice.checked, stop_when=stop)
        await show_as_mp4(recording)
        state.textContent = "The MP4 is ready."
    except NotAllowedError:
        state.textContent = (
            "The browser allowed no screen or no microphone. Press Record again, choose a screen, and allow "
            "the microphone for this site (the icon beside the address), or record without it."
        )
    except Exception as error:  # there is no microphone, for one
        state.textContent = str(error)
    button.textContent, button.disabled = "Record", False


async def show_as_mp4(recording):
    button.disabled, progress.hidden = True, False
    state.textContent = "Making the MP4…"
    try:
        # Some players need audio="aac", for which most browsers need aac.js (docs/guide.md, "Other files").
        mp4 = await recording.convert("mp4", on_progress=show_progress)
    finally:
        progress.hidden = True
    display(mp4, target="answer", append=False)


def show_progress(fraction):
    progress.value = fraction


button.textContent, button.disabled = "Record", False
