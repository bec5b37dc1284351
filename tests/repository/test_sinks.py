"""Decoded sound from the sinks of mediabunny with our patches, in Node."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from harness.places import ROOT
from setup.node import find_node


def samples(**job: Any) -> Any:
    command = [find_node(), "tests/repository/sinks.mjs", json.dumps(job)]
    return json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)


def test_samples_have_the_times_of_their_packets():
    """Chromium's decoder counts on from the first packet and closes gaps."""
    times = [0, 0.02, 0.04, 0.5, 0.52]
    assert samples(times=times) == {"found": pytest.approx(times, abs=1e-3), "error": None}


def test_samples_before_a_broken_packet_come_before_the_error():
    """The sink decodes packets long before they are requested."""
    times = [0.02 * number for number in range(12)]
    found = samples(times=times, broken=8)
    assert found == {"found": pytest.approx(times[:8], abs=1e-3), "error": "a broken packet"}
