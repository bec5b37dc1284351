import marimo

__generated_with = "0.25.2"
app = marimo.App()


@app.cell(hide_code=True)
def _(mo):
    start_levels = mo.ui.run_button(label="Open the microphone")
    mo.md(f"""
    Learn to read sound as numbers, to draw its spectrum, and to turn
    numbers into sound again.

    # Sound and spectrum

    First check that your microphone hears you. Whistle a tone! (This
    page runs its cells when it is opened, so `mo.stop` makes this one wait
    for a click.)

    {start_levels}
    """)
    return (start_levels,)


@app.cell
async def _(mo, start_levels):
    from mediarecorder import media_devices

    mo.stop(not start_levels.value)
    with await media_devices.get_user_media(audio=True) as microphone:
        levels = []
        async for level in microphone.levels(interval=0.1):
            levels.append(level)
            print(f"{level.peak:.2f} {'#' * round(40 * level.peak)}")
            if len(levels) == 20:
                break
    return


@app.cell(hide_code=True)
def _(mo):
    start = mo.ui.run_button(label="Record the microphone")
    mo.md(f"""
    The end of `with` released the microphone. Now record two seconds; keep
    whistling.

    {start}
    """)
    return (start,)


@app.cell
async def _(mo, start):
    from mediarecorder import record

    mo.stop(not start.value)
    recording = await record(2)
    recording
    return (recording,)


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    The numbers are floats from -1 to 1, a row for each moment and a column
    for each channel. 16000 rows a second are enough for a voice. (If you
    have numpy, `numpy.asarray(samples)` shares the memory, but plain Python
    is enough.)
    """)
    return


@app.cell
async def _(recording):
    samples = await recording.samples(16000, channels=1)
    print(
        f"{samples.shape} at {samples.sample_rate} Hz: {samples.duration:.2f} s"
    )
    return (samples,)


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    The Fourier transform shows which frequencies are in the sound, and how
    loud each is:
    """)
    return


@app.cell
def _():
    import cmath
    import math

    def fft(values):
        """The Fourier transform of 2, 4, 8 … values, as numpy.fft.fft."""
        if len(values) == 1:
            return values
        even, odd = fft(values[::2]), fft(values[1::2])
        turn = cmath.exp(-2j * cmath.pi / len(values))
        pairs = [
            (a, b * turn**k)
            for k, (a, b) in enumerate(zip(even, odd, strict=True))
        ]
        return [a + b for a, b in pairs] + [a - b for a, b in pairs]

    def spectrum(samples, size=4096):
        """Frequencies (Hz) and how loud they are (dB), halfway through."""
        start = (samples.frames - size) // 2
        sound = memoryview(samples)
        # Fading in and out keeps a tone from smearing over all frequencies.
        faded = [
            sound[start + k, 0] * (1 - math.cos(2 * math.pi * k / size)) / 2
            for k in range(size)
        ]
        return [
            (
                k * samples.sample_rate / size,
                20 * math.log10(abs(value) * 4 / size + 1e-6),
            )
            for k, value in enumerate(fft(faded)[: size // 2])
        ]

    return (spectrum,)


@app.cell
def _(samples, spectrum):
    points = spectrum(samples)
    loudest, decibels = max(points, key=lambda point: point[1])
    print(f"The loudest frequency is {loudest:.0f} Hz, at {decibels:.0f} dB.")
    return (points,)


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    Draw the whole spectrum as a picture in SVG, which is text that browsers
    draw:
    """)
    return


@app.cell
def _(mo, points):
    def drawing(points, highest=4000, quietest=-90):
        """A spectrum as SVG, in 600 by 200 units."""
        x, y = 600 / highest, 200 / quietest
        marks = []
        for hertz in range(0, highest, 1000):
            marks.append(f'<path stroke="silver" d="M{hertz * x} 0v200"/>')
            marks.append(f'<text x="{hertz * x + 4}" y="215">{hertz} Hz</text>')
        for loud in range(-30, quietest - 1, -30):
            marks.append(f'<path stroke="silver" d="M0 {loud * y:.0f}h600"/>')
            marks.append(
                f'<text x="555" y="{loud * y - 4:.0f}">{loud} dB</text>'
            )
        line = " ".join(
            f"{hertz * x:.1f},{max(loud, quietest) * y:.1f}"
            for hertz, loud in points
            if hertz <= highest
        )
        return (
            '<svg viewBox="0 0 600 220" style="max-width: 600px">'
            '<g font-size="12" fill="currentColor">'
            f"{''.join(marks)}</g>"
            f'<polyline points="{line}" fill="none" stroke="royalblue"/></svg>'
        )

    mo.Html(drawing(points))
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    In the other direction, any numbers make a sound. This plays your
    recording backwards.
    """)
    return


@app.cell
async def _(samples):
    from array import array

    from mediarecorder import AudioSamples

    numbers = array("f", memoryview(samples).tobytes())
    backwards = await AudioSamples(
        numbers[::-1], samples.sample_rate
    ).to_recording("wav")
    backwards
    return


@app.cell(hide_code=True)
def _():
    import marimo as mo

    return (mo,)


if __name__ == "__main__":
    app.run()
