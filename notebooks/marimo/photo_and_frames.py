import marimo

__generated_with = "0.25.2"
app = marimo.App()


@app.cell(hide_code=True)
def _(mo):
    start_photo = mo.ui.run_button(label="Take a photo")
    mo.md(f"""
    Learn to take a photo, to watch the camera live, and to read the
    pictures of a recording as numbers.

    # Photo and frames

    This page runs its cells when it is opened, so `mo.stop` makes those
    that use the camera wait for a click.

    {start_photo}
    """)
    return (start_photo,)


@app.cell
async def _(mo, start_photo):
    from mediarecorder import take_photo

    mo.stop(not start_photo.value)
    photo = await take_photo()
    photo
    return


@app.cell(hide_code=True)
def _(mo):
    start_camera = mo.ui.run_button(label="Open the camera")
    mo.md(f"""
    `take_photo` opened the camera and released it. To keep it open, get a
    stream, which displays itself live. The camera's light stays on until
    you release the camera, further below.

    {start_camera}
    """)
    return (start_camera,)


@app.cell
async def _(mo, start_camera):
    from mediarecorder import media_devices

    mo.stop(not start_camera.value)
    stream = await media_devices.get_user_media(video=True)
    stream
    return (stream,)


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    Record this picture for two seconds. Move a little!
    """)
    return


@app.cell
async def _(stream):
    from mediarecorder import record

    recording = await record(2, stream=stream)
    recording
    return (recording,)


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    You must release a stream that you opened. The live picture above stops,
    and the light goes out:
    """)
    return


@app.cell
def _(stream):
    stream.stop()
    print("The camera is on." if stream.active else "The camera is off.")
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    Show the picture after one second. A thumbnail is a photo, too:
    """)
    return


@app.cell
async def _(recording):
    await recording.thumbnail(1, width=320)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    Now read all pictures as numbers. Each frame is an array of bytes:
    `(height, width)` in grey, `(height, width, 3)` in colour. For the mean
    brightness a few pixels are enough; 0 is black and 255 is white. (If you
    have numpy, `numpy.asarray(frame)` shares the memory.)
    """)
    return


@app.cell
async def _(recording):
    from statistics import fmean

    brightness = []
    async for frame in recording.frames(width=16, format="gray"):
        brightness.append((frame.timestamp, fmean(bytes(frame))))
    for seconds, mean in brightness[::5]:
        print(f"{seconds:.2f} s {mean:6.1f} {'#' * round(mean / 8)}")
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    Read the colour in the middle of each frame:
    """)
    return


@app.cell
async def _(recording):
    colours = []
    async for picture in recording.frames(width=160, format="rgb"):
        pixels = memoryview(picture)
        row, column = picture.height // 2, picture.width // 2
        red, green, blue = (
            pixels[row, column, channel] for channel in range(3)
        )
        colours.append(f"rgb({red}, {green}, {blue})")
    print(len(colours), "frames, from", colours[0], "to", colours[-1])
    return (colours,)


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    Draw the colours side by side, as an overview of the recording:
    """)
    return


@app.cell
def _(colours, mo):
    width = 600 / len(colours)
    stripes = "".join(
        f'<rect x="{k * width}" width="600" height="60" fill="{colour}"/>'
        for k, colour in enumerate(colours)
    )
    mo.Html(
        f'<svg viewBox="0 0 600 60" style="max-width: 600px">{stripes}</svg>'
    )
    return


@app.cell(hide_code=True)
def _():
    import marimo as mo

    return (mo,)


if __name__ == "__main__":
    app.run()
