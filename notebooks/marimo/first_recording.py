import marimo

__generated_with = "0.25.2"
app = marimo.App()


@app.cell(hide_code=True)
def _(mo):
    start = mo.ui.run_button(label="Record the microphone")
    mo.md(f"""
    Learn to record the microphone and the camera, each in one call, and to
    save the recordings.

    # A first recording

    The browser asks whether this page may use your microphone: say yes.
    Your recording stays on your machine; this page does not send it
    anywhere. This page runs its cells when it is opened, so `mo.stop` makes
    this one wait for a click.

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
    `record` opened the microphone, recorded for two seconds and released
    it. A recording as the last line of a cell displays a player: press ▶ to
    hear it, **Download** to save it. A long recording plays as long as this
    page is open.

    A recording is also an object with properties:
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
    Now record the camera, with sound. (`audio=False` leaves out the sound.)

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
    video.bytes()` returns all of it; this cell writes it to a file that
    Python can read:
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
    `await video.save("hello")` downloads it, like the link below the
    player.

    If you said no, `record` raised `NotAllowedError`: allow the microphone
    in the settings of this page, left of its address, and run the cell
    again, or reload the page. If anything else does not work, this table
    shows what your browser supports. It opens no device and asks for
    no permission.
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
