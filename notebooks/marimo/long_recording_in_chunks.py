import marimo

__generated_with = "0.25.2"
app = marimo.App()


@app.cell(hide_code=True)
def _(mo):
    start = mo.ui.run_button(label="Record in chunks")
    mo.md(f"""
    You learn to record for long: to get the data while it is being
    recorded, and to make a good file of it at the end.

    # A long recording, in chunks

    `chunks(0.5)` starts the recorder and hands over what was recorded,
    every half second, to be stored or sent. Here you stop after two
    seconds; yours may go on for hours. All that follows waits for your
    click, which `mo.stop` asks for.

    {start}
    """)
    return (start,)


@app.cell
async def _(mo, start):
    from mediarecorder import MediaRecorder, media_devices

    mo.stop(not start.value)
    with await media_devices.get_user_media(audio=True, video=True) as stream:
        recorder = MediaRecorder(stream)
        async for chunk in recorder.chunks(0.5):
            # await chunk.bytes() is the data, for your own upload
            seconds, size = recorder.duration, recorder.size
            print(f"{seconds:.1f} s: {size:6} bytes, {chunk.size} of them new")
            if seconds >= 2 and recorder.state == "recording":
                recorder.stop()  # one more chunk comes: the rest
    return (recorder,)


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    No chunk is a file of its own; all of them together are one. The
    recorder has kept them:
    """)
    return


@app.cell
def _(recorder):
    recording = recorder.recording
    recording
    return (recording,)


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    This file was written while nobody knew how long it would get. So it
    lacks its length, and players cannot jump in it. This makes a file that
    has it, of the very same pictures and sound:
    """)
    return


@app.cell
async def _(recording):
    seekable = await recording.seekable()
    seekable
    return (seekable,)


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    A part of it, from half a second to one and a half, exact to the frame:
    """)
    return


@app.cell
async def _(seekable):
    part = await seekable.trim(0.5, 1.5)
    part
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    Other programs may want another format. With a long recording you want
    to know how far it is:
    """)
    return


@app.cell
async def _(seekable):
    def show_progress(fraction):
        print(f"{fraction:.0%}")

    mp4 = await seekable.convert("mp4", on_progress=show_progress)
    mp4
    return (mp4,)


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    Formats of sound leave the picture out: `"wav"`, `"ogg"` and `"mp3"`.
    """)
    return


@app.cell
async def _(seekable):
    wav = await seekable.convert("wav")
    wav
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    Into a file that Python can read, piece by piece, so that even hours
    fit:
    """)
    return


@app.cell
async def _(mp4):
    from pathlib import Path

    file = Path("long-recording.mp4")
    await mp4.write_to(file)
    print(f"{file}: {file.stat().st_size} bytes")
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    `await mp4.save("lecture")` gives it to you as a download. With
    `pick=True` you choose the place, in browsers that can ask for it
    (Chrome, Edge).

    A result of more than 32 MB lives in a temporary file of the browser.
    `mp4.close()`, or the end of `with mp4:`, removes it.
    """)
    return


@app.cell(hide_code=True)
def _():
    import marimo as mo

    return (mo,)


if __name__ == "__main__":
    app.run()
