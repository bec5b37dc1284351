import marimo

__generated_with = "0.25.2"
app = marimo.App()


@app.cell(hide_code=True)
def _(mo):
    start = mo.ui.run_button(label="Record the microphone")
    mo.md(f"""
    You learn to record the microphone and the camera, each in one call, and
    to keep what was recorded.

    # A first recording

    The browser asks whether this page may use your microphone: say yes.
    What you record stays on your machine; this page sends it nowhere. A page
    that is opened runs its cells: `mo.stop` has this one wait for a click.

    {start}
    """)
    return (start,)


@app.cell
async def _(mo, start):
    from mediarecorder import record

    mo.stop(not start.value)
    recording = await record(2)  # seconds
    recording
    return (recording,)


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    The microphone was opened, recorded for two seconds and released again.
    A recording as the last line of a cell shows itself: press ▶ to hear it,
    **Download** to keep it. A long one plays as long as this page
    is open.

    A recording is also an object that you can ask:
    """)
    return


@app.cell
def _(recording):
    print(f"{recording.duration:.1f} seconds, {recording.size} bytes")
    print(recording.mime_type)
    return


@app.cell(hide_code=True)
def _(mo):
    start_video = mo.ui.run_button(label="Record the camera")
    mo.md(f"""
    Now the camera, with sound. (`audio=False` leaves that out.)

    {start_video}
    """)
    return (start_video,)


@app.cell
async def _(mo, start_video):
    import mediarecorder

    mo.stop(not start_video.value)
    video = await mediarecorder.record(2, video=True)
    video
    return (video,)


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    The data stays in the browser until you ask for it. `await
    video.bytes()` gets all of it; this writes it into a file that Python
    can read:
    """)
    return


@app.cell
async def _(video):
    from pathlib import Path

    file = Path(f"first-recording.{video.extension}")
    await video.write_to(file)
    print(f"{file}: {file.stat().st_size} bytes")
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    `await video.save("hello")` gives it to you as a download, as the link
    below the player does.

    If you said no, `record` raised `NotAllowedError`: allow the microphone
    in the settings of this page, left of its address, and run the cell
    again, or load the page again. For anything else that does not work,
    this table says what your browser can. It opens nothing and asks nobody.
    """)
    return


@app.cell
async def _():
    from mediarecorder import diagnose

    await diagnose()
    return


@app.cell(hide_code=True)
def _():
    import marimo as mo

    return (mo,)


if __name__ == "__main__":
    app.run()
