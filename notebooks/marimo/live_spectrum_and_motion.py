import marimo

__generated_with = "0.25.2"
app = marimo.App()


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    Learn to use sound and pictures while they happen: draw a spectrum that
    moves while you speak, and record only while something moves.

    # Live spectrum and motion

    `blocks()` yields the sound of a stream as numbers, again and again. First
    define how loud each of 32 tones is in a tenth of a second. (`sumprod` is
    quick enough for plain Python; with numpy, use `numpy.fft.rfft`.)
    """)
    return


@app.cell
def _():
    from math import cos, hypot, log10, pi, sin, sumprod

    RATE, SIZE = 8000, 800  # samples in a second, and in a block
    TONES = [100 * 2 ** (step / 6) for step in range(32)]  # Hz, 6 an octave
    WAVES = [
        [
            [wave(2 * pi * hertz * k / RATE) for k in range(SIZE)]
            for wave in (cos, sin)
        ]
        for hertz in TONES
    ]

    def loudness(block):
        """How loud each tone is in a block, from -80 to 0 dB."""
        sound = memoryview(block).cast("B").cast("f")
        pairs = [[sumprod(sound, wave) for wave in pair] for pair in WAVES]
        return [20 * log10(2 * hypot(*pair) / SIZE + 1e-4) for pair in pairs]

    def bars(decibels, seconds):
        """A bar for each tone, as SVG, which is text that browsers draw."""
        drawn = "".join(
            f'<rect x="{18 * n}" y="{20 - 2 * min(loud, 0):.0f}" width="14" '
            f'height="{162 + 2 * min(loud, 0):.0f}"/>'
            for n, loud in enumerate(decibels)
        )
        loudest = TONES[decibels.index(max(decibels))]
        return (
            '<svg viewBox="0 0 576 182" style="max-width: 600px">'
            '<text y="14" font-size="14" fill="currentColor">'
            f"{seconds:.1f} s: {loudest:.0f} Hz</text>"
            f'<g fill="royalblue">{drawn}</g></svg>'
        )

    return (RATE, SIZE, bars, loudness)


@app.cell(hide_code=True)
def _(mo):
    start_spectrum = mo.ui.run_button(label="Open the microphone")
    mo.md(f"""
    Now speak, sing or whistle for five seconds. Each block replaces the
    picture; there are ten in a second. (This page runs its cells when it is
    opened, so `mo.stop` makes those that open a device wait for a click.)

    {start_spectrum}
    """)
    return (start_spectrum,)


@app.cell
async def _(RATE, SIZE, bars, loudness, mo, start_spectrum):
    from mediarecorder import media_devices

    mo.stop(not start_spectrum.value)
    with await media_devices.get_user_media(audio=True) as microphone:
        async for block in microphone.blocks(
            SIZE / RATE, sample_rate=RATE, channels=1
        ):
            if block.frames == SIZE:  # (the last one may be shorter)
                picture = bars(loudness(block), block.timestamp)
                mo.output.replace(mo.Html(picture))
            if block.timestamp >= 5:
                break
    return (media_devices,)


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    `frames()` yields the newest picture. A small grey one shows whether
    something moves. This function starts a recorder when the picture changes,
    and stops it when the picture has been still for a while:
    """)
    return


@app.cell
def _():
    from operator import sub

    from mediarecorder import MediaRecorder

    async def watch(camera, seconds, percent=2, patience=0.5):
        """Record while the brightness changes from frame to frame."""
        recorder, recordings = MediaRecorder(camera), []
        before, moved = None, 0
        async for frame in camera.frames(
            width=64, format="gray", frame_rate=10
        ):
            pixels = memoryview(frame).cast("B")
            change = sum(map(abs, map(sub, pixels, before or pixels)))
            before = pixels
            if 100 * change / 255 / len(pixels) >= percent:
                moved = frame.timestamp
                if recorder.state == "inactive":
                    recorder.start()
            is_still = frame.timestamp - moved > patience
            if is_still and recorder.state == "recording":
                recordings.append(await recorder.stop(drain=True))
            if frame.timestamp >= seconds:
                break
        if recorder.state == "recording":
            recordings.append(await recorder.stop(drain=True))
        return recordings

    return (watch,)


@app.cell(hide_code=True)
def _(mo):
    start_watching = mo.ui.run_button(label="Open the camera")
    mo.md(f"""
    Move in front of the camera, hold still, and move again. It watches for
    five seconds:

    {start_watching}
    """)
    return (start_watching,)


@app.cell
async def _(media_devices, mo, start_watching, watch):
    mo.stop(not start_watching.value)
    with await media_devices.get_user_media(video=True) as camera:
        recordings = await watch(camera, 5)
    for number, recording in enumerate(recordings, 1):
        print(f"movement {number}: {recording.duration:.1f} s")
    return (recordings,)


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    All movements in one film:
    """)
    return


@app.cell
async def _(recordings):
    from mediarecorder import Recording

    await Recording.concat(recordings) if recordings else "Nothing moved."
    return


@app.cell(hide_code=True)
def _():
    import marimo as mo

    return (mo,)


if __name__ == "__main__":
    app.run()
