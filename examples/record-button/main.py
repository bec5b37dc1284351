import asyncio

from pyscript import display, document, when

from mediarecorder import record

button, stop = document.querySelector("#record"), asyncio.Event()


@when("click", "#record")
async def record_or_stop(event):
    if button.textContent == "Stop":
        return stop.set()
    stop.clear()
    button.textContent = "Stop"
    try:  # a recording displays itself: a player, and a link that saves the file
        display(await record(stop_when=stop), target="answer", append=False)
    except Exception as error:  # a refused microphone, for one
        display(str(error), target="answer", append=False)
    button.textContent = "Record"


button.textContent, button.disabled = "Record", False
