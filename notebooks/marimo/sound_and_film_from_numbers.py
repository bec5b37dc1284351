import marimo

__generated_with = "0.25.2"
app = marimo.App()


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    Learn to make sound and pictures from numbers: tones for a file, and an
    animation as an MP4.

    # Sound and film from numbers

    A tone is a sine. The numbers are from -1 to 1; `AudioSamples` displays
    them as a waveform:
    """)
    return


@app.cell
def _():
    from array import array
    from math import pi, sin

    from mediarecorder import AudioSamples

    RATE = 48000  # numbers in a second

    def sine(hertz, seconds):
        """A tone that fades in and out, because it would click otherwise."""
        count, fade = round(seconds * RATE), RATE // 50
        return array(
            "f",
            (
                min(0.3, k / fade, (count - k) / fade)
                * sin(2 * pi * hertz * k / RATE)
                for k in range(count)
            ),
        )

    tones = array("f")
    for hertz in (440, 550, 660, 880):
        tones += sine(hertz, 0.5)
    samples = AudioSamples(tones, RATE)
    samples
    return (pi, samples, sin)


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    Make a file from them, here an MP3:
    """)
    return


@app.cell
async def _(samples):
    tune = await samples.to_recording("mp3")
    await tune.write_to("tune.mp3")
    print(f"tune.mp3: {tune.size} bytes")
    tune
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    A picture is an array, too: `(height, width)` bytes in grey, `(height,
    width, 3)` in colour. With numpy, use its arrays; here each row is a piece
    of one long row, so that it sways:
    """)
    return


@app.cell
def _(pi, sin):
    PERIOD, WIDTH, HEIGHT = 80, 320, 240
    stripes = 5 * bytes(
        round(127.5 + 127.5 * sin(2 * pi * x / PERIOD)) for x in range(PERIOD)
    )

    def picture(number):
        rows = bytearray()
        for y in range(HEIGHT):
            sway = round(40 + 39 * sin(2 * pi * (y / HEIGHT + number / 60)))
            rows += stripes[sway : sway + WIDTH]
        return memoryview(rows).cast("B", [HEIGHT, WIDTH])

    return (picture,)


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    `from_frames` encodes them as fast as the browser can, and adds the tones.
    Only one picture is in memory at a time:
    """)
    return


@app.cell
async def _(picture, samples):
    from mediarecorder import Recording

    film = await Recording.from_frames(
        map(picture, range(60)), frame_rate=30, format="mp4", sound=samples
    )
    await film.write_to("film.mp4")
    print(f"film.mp4: {film.size} bytes")
    film
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    If you have matplotlib, it saves its animations in the same way. (This
    needs a browser with JSPI, such as Chromium.)

    ```python
    from math import sin

    from matplotlib import pyplot
    from matplotlib.animation import FuncAnimation

    from mediarecorder import Recording, register_matplotlib

    register_matplotlib()
    figure, axes = pyplot.subplots()
    places = [k / 50 for k in range(315)]
    [line] = axes.plot(places, [sin(x) for x in places])


    def move(number):
        line.set_ydata([sin(x + number / 10) for x in places])


    animation = FuncAnimation(figure, move, frames=60, interval=40)
    animation.save("waves.mp4", writer="mediarecorder")
    Recording.from_file("waves.mp4")
    ```
    """)
    return


@app.cell(hide_code=True)
def _():
    import marimo as mo

    return (mo,)


if __name__ == "__main__":
    app.run()
