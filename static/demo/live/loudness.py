# How loud is it? The level of each tenth of a second, in decibels below full scale.
from math import log10, sumprod

levels = []
async for block in take.sample_blocks(0.1, channels=1):
    samples = memoryview(block).cast("B").cast("f")  # floats from -1 to 1, not copied
    power = sumprod(samples, samples) / len(samples)
    levels.append(10 * log10(power + 1e-10))  # silence is -100 dBFS

chart(levels, unit="dBFS", seconds=len(levels) / 10)

loudest = max(levels)
print(f"Loudest after {levels.index(loudest) / 10:.1f} s: {loudest:.1f} dBFS")
quiet = sum(level < -50 for level in levels)
print(f"Quiet, below -50 dBFS: {quiet / len(levels):.0%} of the time")
