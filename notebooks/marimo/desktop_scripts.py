import marimo

__generated_with = "0.25.2"
app = marimo.App()


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    Learn to run Python scripts for the desktop in a browser tab: one that
    records with `sounddevice`, and one that films with `cv2`.

    # Scripts for the desktop

    Two lines make such scripts work in a browser. They come before the
    script's own imports, which are in the same cell here because marimo
    orders cells by the names that they use:
    """)
    return


@app.cell
def _():
    from mediarecorder import desktop

    desktop.install()

    import os
    import queue
    import wave

    import cv2
    import sounddevice as sd

    return (cv2, os, queue, sd, wave)


@app.cell(hide_code=True)
def _(mo):
    start_recording = mo.ui.run_button(label="Record the microphone")
    mo.md(f"""
    This script records the microphone for three seconds, as the examples of
    python-sounddevice do: `callback` gets each block of sound, and a queue
    brings it to the loop that writes the file. There is no `await`: while
    `blocks.get()` waits, the browser goes on. (This page runs its cells when
    it is opened, so `mo.stop` makes those that open a device wait for a
    click.)

    {start_recording}
    """)
    return (start_recording,)


@app.cell
def _(mo, os, queue, sd, start_recording, wave):
    mo.stop(not start_recording.value)

    RATE, SECONDS, sound = 16000, 3, "desktop.wav"
    blocks = queue.Queue()

    def callback(indata, frames, time, status):
        if status:
            print(status)
        blocks.put(bytes(indata))

    with (
        wave.open(sound, "wb") as _file,
        sd.RawInputStream(
            samplerate=RATE, channels=1, dtype="int16", callback=callback
        ),
    ):
        _file.setparams((1, 2, RATE, 0, "NONE", ""))
        while _file.tell() < SECONDS * RATE:
            _file.writeframes(blocks.get())

    print(f"{sound}: {os.path.getsize(sound)} bytes")
    return (RATE, sound)


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    The file is an ordinary one, so `mediarecorder` can show it:
    """)
    return


@app.cell
def _(sound):
    from mediarecorder import Recording

    Recording.from_file(sound)
    return (Recording,)


@app.cell(hide_code=True)
def _(mo):
    start_playing = mo.ui.run_button(label="Play it")
    mo.md(f"""
    Another script plays it. `write` waits until the loudspeaker needs more:

    {start_playing}
    """)
    return (start_playing,)


@app.cell
def _(RATE, mo, sd, sound, start_playing, wave):
    mo.stop(not start_playing.value)

    with (
        wave.open(sound) as _file,
        sd.RawOutputStream(
            samplerate=RATE, channels=1, dtype="int16"
        ) as loudspeaker,
    ):
        while data := _file.readframes(1024):
            loudspeaker.write(data)
        print(f"{_file.tell() / RATE:.1f} seconds played")
    return


@app.cell(hide_code=True)
def _(mo):
    start_filming = mo.ui.run_button(label="Film with the camera")
    mo.md(f"""
    The streams named `Raw…` need no numpy. Where numpy is installed, the
    shortest scripts work too:

    ```py
    sound = sd.rec(3 * RATE, samplerate=RATE, channels=2)
    sd.wait()
    sd.play(sound, RATE)
    sd.wait()
    ```

    Now the camera. This is the loop of OpenCV's tutorial: it reads pictures,
    writes them and shows them. It ends after 60 pictures, or when you click
    the picture and press q.

    {start_filming}
    """)
    return (start_filming,)


@app.cell
def _(cv2, mo, os, start_filming):
    mo.stop(not start_filming.value)

    camera = cv2.VideoCapture(0)
    width = int(camera.get(cv2.CAP_PROP_FRAME_WIDTH))
    height = int(camera.get(cv2.CAP_PROP_FRAME_HEIGHT))
    code = cv2.VideoWriter_fourcc(*"mp4v")
    film = "desktop.mp4"
    writer = cv2.VideoWriter(film, code, 20.0, (width, height))

    count = 0
    while camera.isOpened() and count < 60:
        _ok, _frame = camera.read()
        if not _ok:
            break
        writer.write(_frame)
        count += 1
        cv2.imshow("camera", _frame)
        if cv2.waitKey(1) == ord("q"):
            break

    camera.release()
    writer.release()
    cv2.destroyAllWindows()
    print(f"{film}: {os.path.getsize(film)} bytes")
    return (film,)


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    The file, with 20 pictures a second:
    """)
    return


@app.cell
def _(Recording, film):
    Recording.from_file(film)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    `VideoCapture` also reads files. A picture has the shape (height, width,
    3): blue, green, red. It is an array of numpy, or a `memoryview` where
    numpy is not installed. (With numpy, `frame.mean(axis=(0, 1))` is the mean
    colour.)
    """)
    return


@app.cell
def _(cv2, film):
    reader = cv2.VideoCapture(film)
    for number in range(int(reader.get(cv2.CAP_PROP_FRAME_COUNT))):
        _ok, _frame = reader.read()
        if number % 10 == 0:
            seconds = reader.get(cv2.CAP_PROP_POS_MSEC) / 1000
            pixels = memoryview(_frame).cast("B")
            b, g, r = (sum(pixels[n::3]) * 3 // len(pixels) for n in range(3))
            print(f"{seconds:.1f} s: blue {b}, green {g}, red {r}")
    reader.release()
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    `desktop.uninstall()` undoes the first cell. Two pages of the
    documentation, “Scripts for the desktop” and “`cv2` and imageio”, list
    what differs from the desktop.
    """)
    return


@app.cell(hide_code=True)
def _():
    import marimo as mo

    return (mo,)


if __name__ == "__main__":
    app.run()
