"""The messages of ffmpeg that count as damage."""

from __future__ import annotations

import pytest

from harness.decoders import errors_in

SAYS = "[null @ 0x55] Application provided invalid, non monotonically increasing dts to muxer in stream 0: "
REPEATED = "    Last message repeated 3 times"
OTHER = "[vp9 @ 0x56] Invalid data found when processing input"


@pytest.mark.parametrize(
    ("said", "errors"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([f"{SAYS}201 >= 201"], [], id="two pictures in one millisecond"),
        pytest.param([f"{SAYS}201 >= 201", REPEATED, OTHER], [OTHER], id="several in one millisecond"),
        pytest.param([f"{SAYS}252 >= 201", REPEATED], [f"{SAYS}252 >= 201", REPEATED], id="time goes back"),
        pytest.param([OTHER, REPEATED], [OTHER, REPEATED], id="damage that is repeated"),
    ],
)
def test_only_equal_times_do_not_count_as_damage(said: list[str], errors: list[str]):
    assert errors_in("".join(f"{line}\n" for line in said), {0: [0.0, 0.252, 0.201]}) == errors


def test_packet_times_decide_whether_time_goes_back():
    said = f"{SAYS}900 >= 50\n{SAYS}900 >= 100\n{REPEATED}\n{OTHER}\n"
    assert errors_in(said, {0: [0.0, 0.05, 0.1, 0.1, 0.9], 1: [0.0]}) == [OTHER]
    assert errors_in(said, {0: [0.0, 0.05, 0.1], 1: [0.02, 0.0]}) != [OTHER]
    assert errors_in(said, {}) != [OTHER], "a file without readable packets"
