# A film from numbers: Python draws a ball that bounces, and the browser makes an MP4 of the pictures.
from math import isqrt

from mediarecorder import Recording

WIDTH, HEIGHT, RADIUS, RATE = 320, 180, 20, 30


def ball(x, y):
    pixels = bytearray(WIDTH * HEIGHT)  # grey: 0 is black, 255 is white
    for row in range(-RADIUS, RADIUS + 1):
        half = isqrt(RADIUS**2 - row**2)
        start = (y + row) * WIDTH + x - half
        pixels[start : start + 2 * half] = b"\xff" * (2 * half)
    return memoryview(pixels).cast("B", [HEIGHT, WIDTH])


def film(seconds):
    for number in range(round(seconds * RATE)):
        fall = number / RATE % 1 * 2 - 1  # from -1 to 1 in each second
        yield ball(30 + 2 * number, round(RADIUS + (HEIGHT - 2 * RADIUS - 1) * fall**2))


recording = await Recording.from_frames(film(4), RATE, "mp4")
await keep(recording, "Animation")
print(f"{recording.duration:.1f} s, {recording.size / 1000:.0f} kB")
