"""Hypothesis in the page. (The file is separate, because only lanes whose files use Hypothesis import it.)"""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.core


@given(st.integers(), st.integers())
async def test_hypothesis_drives_a_coroutine(a: int, b: int) -> None:
    await asyncio.sleep(0)
    assert a + b == b + a
