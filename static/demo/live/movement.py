# How much movement is there? The change of brightness from each picture to the next, in percent.
from operator import sub

changes, before = {}, None
if take.is_video:
    async for frame in take.frames(width=64, format="gray"):
        pixels = memoryview(frame).cast("B")  # a byte for each pixel, row by row
        if before:
            difference = sum(map(abs, map(sub, pixels, before))) / len(pixels)
            changes[frame.timestamp] = 100 * difference / 255
        before = pixels

if changes:
    chart(changes.values(), unit="%", seconds=max(changes))
    moment = max(changes, key=changes.get)
    print(f"{len(changes) + 1} pictures; most movement after {moment:.1f} s")
else:
    print("This take has no moving picture. Record the camera or the screen.")
