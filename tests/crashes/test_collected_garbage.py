"""Garbage collection at any moment takes nothing away that is still needed."""

from __future__ import annotations

import pytest

from harness.lanes import CHROMIUM

READ = """async () => {
  const { pieces } = await import("/static/library/webm/pieces.js");
  window.sizes = [];
  window.reading = (async () => {
    let size = 0;
    for await (const piece of pieces(new Blob([new Uint8Array(60 * 2 ** 20)]))) {
      size += piece.length;
      sizes.push(piece.length);
    }
    return size;
  })();
}"""


@pytest.mark.thorough
def test_blob_is_read_to_its_end_while_garbage_is_collected(open_page, site):
    """Chromium collects a stream whose read is waiting, if nothing else refers to it. The read never ends."""
    page = open_page(CHROMIUM)
    page.goto(f"{site}/harness/chromium")
    collector = page.context.new_cdp_session(page)
    page.evaluate(READ)
    for _ in range(20):
        collector.send("HeapProfiler.collectGarbage")
    assert page.evaluate("() => reading") == 60 * 2**20
