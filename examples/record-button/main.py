import asyncio

from pyscript import display, document, when

from mediarecorder import record

button = document.querySelector("#record")
stop = asyncio.Event()


def show(what):
    display(what, target="answer", append=False)


@when("click", "#record")
async def record_or_stop(event):
    if button.textContent == "Stop":
        stop.set()
        return
    stop.clear()
    button.textContent = "Stop"
    try:
        show("Recording…")
        show(await record(stop_when=stop))  # a player, and a link that saves the file
    except Exception as error:  # a refused microphone, for one
        show(str(error))
    button.textContent = "Record"


button.textContent, button.disabled = "Record", False
