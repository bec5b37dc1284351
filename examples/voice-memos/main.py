import asyncio
import time

from pyscript import document, when

from mediarecorder import EncodingError, MediaError, RecordingStore, record

button, state, memos = (document.querySelector(name) for name in ("#record", "#state", "#memos"))
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
        await record(stop_when=stop, store=store)  # it is on disk while it is made
        await show_memos()
        state.textContent = "Saved in this browser."
    except Exception as error:  # a refused microphone, for one
        state.textContent = str(error)
    button.textContent = "Record"


async def recover_memos():
    """Make memos that can be played from those that a closed page has cut off."""
    for stored in await store.recordings():
        if stored.state == "interrupted":
            try:
                await store.recover(stored.id)
                state.textContent = "A memo that was cut off is saved."
            except EncodingError:  # it was cut off before the first sound
                await store.delete(stored.id)


async def show_memos():
    finished = [stored for stored in await store.recordings() if stored.state == "finished"]
    memos.replaceChildren(*[await item(stored) for stored in reversed(finished)])


async def item(stored):
    made = time.strftime("%d %B %Y, %H:%M:%S", time.localtime(stored.started_at))
    element = document.createElement("li")
    element.innerHTML = f"""
        <h2>{made}</h2>
        <div></div>
        <button data-id="{stored.id}" aria-label="Delete the memo of {made}">Delete</button>"""
    (await stored.open()).show_in(element.querySelector("div"))  # a player, and a link that saves the file
    return element


@when("click", "#memos")
async def delete(event):
    if id := getattr(event.target.dataset, "id", ""):
        await store.delete(id)
        await show_memos()
        state.textContent = "The memo is deleted."


button.textContent = "Record"
try:
    store = await RecordingStore.open("voice-memos")
    await recover_memos()
    await show_memos()
    button.disabled = False
except MediaError as error:  # a private window, for one
    state.textContent = str(error)
