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
    try:
        answer = await record(stop_when=stop)  # its display: a player, and a link that saves the file
    except Exception as error:  # a refused microphone, for one
        answer = str(error)
    display(answer, target="answer", append=False)
    button.textContent = "Record"


button.textContent, button.disabled = "Record", False
