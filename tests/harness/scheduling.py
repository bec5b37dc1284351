"""Shares the tests among the processes of pytest-xdist by groups, so that a lane's browser starts once.

(Its own `--dist loadgroup` does nothing with pytest 9.2, which no longer accepts other test ids.)
"""

from __future__ import annotations

import re
from itertools import chain, zip_longest
from pathlib import PurePosixPath

from xdist.scheduler import LoadScopeScheduling

from harness.lanes import FIRST, LANES

#: Files that need no browser; tests of the others open their own page or share one.
QUICK = ("repository", "harness")
#: Folders whose files share pages.
TOGETHER = ("notebooks",)
#: The first lane has most tests, so these files are separate groups there: those that compute (with the media
#: engine or the judges), those that mostly wait for recordings, and those of takes on disk.
PARTS = {
    "media": (
        *("aac", "agreement", "agreement_of_all", "bit_rate", "broken_media", "convert", "docs", "exact"),
        *("files_from_elsewhere", "flac", "frames", "moov_in_front", "mp3", "player", "samples", "seekable"),
        *("shapes", "sound", "tags", "trim_and_concat"),
    ),
    "live": (
        *("busy_page", "clock", "durations", "hostile", "late_encoder", "panel", "rare_orders", "steady"),
        *("steady_sound", "stills", "under_fire"),
    ),
    "stored": (
        *("composed", "data_gone", "in_place", "journal", "many_files", "nothing_recorded", "recovery"),
        *("store", "store_add", "store_index", "stored_takes_play"),
    ),
}
#: Groups that take minutes, the longest first.
LONG = (
    *("chromium media", "chromium live", "firefox", "chromium stored", "chromium", "chromium-worker"),
    *("firefox-worker", "webkit", "chromium-pyodide-0.27"),
)

_LANE = re.compile(rf"\[({'|'.join(sorted(map(re.escape, LANES), key=len, reverse=True))})(?=[-\]])")


def group_of(nodeid: str) -> str:
    """A test's lane, or a part of that lane; the name of its file or folder for a test without a lane."""
    path = PurePosixPath(nodeid.split("::")[0])
    if path.parent.name in TOGETHER:
        return path.parent.name
    lane = _LANE.search(nodeid) if path.parent.name == "browser" or path.stem == "must_fail" else None
    if lane is None:
        return path.stem
    parts = [part for part, files in PARTS.items() if path.stem.removeprefix("test_") in files]
    return " ".join([lane[1], *parts]) if lane[1] == FIRST else lane[1]


def in_order(groups: dict[str, PurePosixPath]) -> list[str]:
    """Long groups first, so that the processes end together; groups that wait for recordings alternate with
    groups that compute.

    Parameters
    ----------
    groups
        The file of one test in each group.
    """
    lanes = [name for name in LANES if name in groups]
    long = [name for name in (*LONG, *TOGETHER) if name in groups]
    pages = [name for name, file in groups.items() if file.parent.name not in ("browser", *QUICK, *TOGETHER)]
    first = [name for name in chain(*zip_longest(long, pages)) if name]
    return [*first, *(name for name in [*lanes, *groups] if name not in first)]


class LaneScheduling(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
