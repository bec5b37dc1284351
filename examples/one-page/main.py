from pyscript import display, document, when

from mediarecorder import record

button = document.querySelector("#record")


@when("click", "#record")
async def record_and_show():
    button.disabled = True
    try:
        display("Recording…", target="answer", append=False)
        display(await record(3), target="answer", append=False)
    except Exception as error:  # a refused microphone, for one
        display(f"{type(error).__name__}: {error}", target="answer", append=False)
    finally:
        button.disabled = False


button.disabled = False
display("Python is ready.", target="answer", append=False)
