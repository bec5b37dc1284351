"""Shares the tests among the processes of pytest-xdist by groups, so that a lane's browser starts once.

(Its own `--dist loadgroup` does nothing with pytest 9.2, which no longer accepts other test ids.)
"""

from __future__ import annotations

import re
from itertools import chain, zip_longest
from pathlib import PurePosixPath

from xdist.scheduler import LoadScopeScheduling

from harness.lanes import DEFAULT, LANES

#: Files that need no browser; each test of the others opens its own page.
QUICK = ("repository", "harness")
#: Lanes that take minutes.
LONG = ("chromium", "chromium media", "firefox", "firefox media", "chromium-worker", "firefox-worker")
#: Files that compute (the media engine, the judges). In the lanes of ``DEFAULT`` they are a separate group:
#: the other files mostly wait for recordings.
MEDIA = (
    *("aac", "agreement", "agreement_of_all", "bit_rate", "broken_media", "convert", "docs", "exact"),
    *("files_from_elsewhere", "flac", "frames", "moov_in_front", "mp3", "player", "samples", "seekable"),
    *("shapes", "sound", "tags", "trim_and_concat"),
)

_LANE = re.compile(rf"\[({'|'.join(sorted(map(re.escape, LANES), key=len, reverse=True))})(?=[-\]])")


def group_of(nodeid: str) -> str:
    """The lane of a test that runs in one, or half of the lane; otherwise the name of its file."""
    path = PurePosixPath(nodeid.split("::")[0])
    lane = _LANE.search(nodeid) if path.parent.name == "browser" or path.stem == "must_fail" else None
    if lane is None:
        return path.stem
    computes = lane[1] in DEFAULT and path.stem.removeprefix("test_") in MEDIA
    return f"{lane[1]} media" if computes else lane[1]


def in_order(groups: dict[str, PurePosixPath]) -> list[str]:
    """Long groups first, so that the processes end together; groups that wait for recordings alternate with
    groups that compute.

    Parameters
    ----------
    groups
        The file of one test in each group.
    """
    lanes = [name for name in LANES if name in groups]
    long = [name for name in LONG if name in groups]
    pages = [name for name, file in groups.items() if file.parent.name not in ("browser", *QUICK)]
    first = [name for name in chain(*zip_longest(long, pages)) if name]
    return [*first, *(name for name in [*lanes, *groups] if name not in first)]


class LaneScheduling(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
