import marimo

__generated_with = "0.25.2"
app = marimo.App()


@app.cell(hide_code=True)
def _(mo):
    start = mo.ui.run_button(label="Record in chunks")
    mo.md(f"""
    Learn to make long recordings: get the data while it is being recorded,
    and make a good file from it at the end.

    # A long recording, in chunks

    `chunks(0.5)` starts the recorder and returns the new data every half
    second, to be stored or sent. Here you stop after two seconds; your own
    recording may go on for hours. The following cells wait for
    your click, because of `mo.stop`.

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
                recorder.stop()  # one more chunk follows, with the rest
    return (recorder,)


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    A single chunk is not a file; all chunks together are one. The recorder
    has kept them:
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
    The browser wrote this file before its length was known. So the file
    lacks its length, and players cannot seek in it. This call makes a file
    with a length, from the same pictures and sound:
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
    Take a part of it, from half a second to one and a half, exact to the
    frame:
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
    Other programs may need another format. For a long recording, show the
    progress:
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
    Sound formats leave out the picture: `"wav"`, `"ogg"` and `"mp3"`.
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
    Write a file that Python can read, piece by piece, so that even hours
    of recording fit in memory:
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
    `await mp4.save("lecture")` downloads it. With `pick=True` you choose
    the folder, in browsers that have a save dialogue (Chrome, Edge).

    A result of more than 32 MB is kept in a temporary file of the browser.
    `mp4.close()`, or the end of `with mp4:`, removes it.
    """)
    return


@app.cell(hide_code=True)
def _():
    import marimo as mo

    return (mo,)


if __name__ == "__main__":
    app.run()
