"""Rows in the table of the benchmarks."""

from __future__ import annotations

import json

import pytest
from benchmarks.peers import by_kind
from benchmarks.report import chart, markdown, table
from benchmarks.row import Limit, Row


def row(ours, theirs=(), limit=None, **more):
    return Row("work", "ms", tuple(ours), tuple(theirs), "plain JavaScript", limit, **more)


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        (row([1, 2, 30], [2, 2, 2], Limit(times=1.0)), "holds"),
        (row([3, 3, 3], [2, 2, 2], Limit(times=1.1)), "DOES NOT HOLD"),
        (row([3, 3, 3], [2, 2, 2], Limit(times=1.1, more=1)), "holds"),
        (row([5], limit=Limit(most=5)), "holds"),
        (row([5.1], limit=Limit(most=5)), "DOES NOT HOLD"),
        (row([80], [100], Limit(at_least=0.8)), "holds"),
        (row([79], [100], Limit(at_least=0.8)), "DOES NOT HOLD"),
        (row([1], [2]), ""),
        (row([1], [2], group="peers"), "ours is ahead"),
        (row([2], [1], group="peers"), "theirs is ahead"),
        (row([2], [1], group="peers", more_is_better=True), "ours is ahead"),
        (row([2]), ""),
    ],
)
def test_row_is_judged_by_its_medians(row, verdict):
    assert row.verdict == verdict


@pytest.mark.parametrize(
    "kept",
    [row([1.5], [2], Limit(times=2), more_is_better=True, parts={"ours": {"download": 1.0}}), row([3])],
)
def test_row_is_saved_and_read_again(kept):
    assert Row.from_json(json.loads(json.dumps(kept.as_json()))) == kept


def test_table_shows_both_sides_and_the_verdict():
    said = table([row([3, 4, 5], [2, 2, 2], Limit(times=1.5, more=1))])
    assert said.splitlines()[1].split("  ") == [
        "work",
        "4 ms",
        "2 ms (plain JavaScript)",
        "2.00 (2.45)",
        "≤ 1.5 × or +1 ms",
        "DOES NOT HOLD",
    ]


def test_page_shows_notes_and_failed_limits_in_bold():
    said = markdown([row([3], [1], Limit(times=1), note="a | b")])
    assert "| **DOES NOT HOLD** |" in said
    assert said.endswith("- work: a | b")


def test_picture_has_a_bar_for_each_ratio():
    picture = chart([row([1], [2]), row([1]), row([900], [1], limit=Limit(times=1))])
    assert picture.count("<rect") == 2
    assert 'class="bad"' in picture


def test_order_of_tracks_does_not_count_as_a_difference():
    sound, picture = {"kind": "audio", "digest": "a"}, {"kind": "video", "digest": "b"}
    assert by_kind([sound, picture]) == by_kind([picture, sound])
    assert by_kind([sound, picture]) != by_kind([sound, {**picture, "digest": "c"}])
