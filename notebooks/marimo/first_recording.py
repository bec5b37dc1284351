import marimo

__generated_with = "0.25.2"
app = marimo.App()


@app.cell
def _():
    import marimo as mo

    mo.md(
        "# A first recording\n\nYou learn to record the microphone in one cell: `recording = await record(2)`."
    )
    return


@app.cell
async def _():
    from mediarecorder import record

    recording = await record(2)
    recording
    return record, recording


@app.cell
def _(recording):
    print(recording.duration > 1, recording.size > 0, recording.mime_type)
    return


@app.cell
async def _(record):
    await record(1, video=True)
    return


@app.cell
async def _():
    from mediarecorder import media_devices

    stream = await media_devices.get_user_media(video=True)
    stream
    return


if __name__ == "__main__":
    app.run()
