"""Moments for `stop()` that are spread evenly over a cycle of Firefox's media graph.

Firefox fires `stop` with the next cycle. With a fixed time after `start`, one side of a row could always wait
for a whole cycle, and the other side not at all.
"""

CYCLE = 512 / 44_100
"""Seconds between the cycles, where the machine has no sound device."""
GOLDEN = 0.618034
"""Multiples of it, modulo 1, are spread evenly, however many there are."""

MOMENTS = f"""
import itertools
numbers = itertools.count()

def moment():
    "Seconds to record, another number at each call."
    return 0.3 + next(numbers) * {GOLDEN} % 1 * {CYCLE}
"""
MOMENTS_IN_JS = f"""() => {{
  let number = 0;
  window.moment = () => 300 + ((number++ * {GOLDEN}) % 1) * {1000 * CYCLE};
}}"""
