"""How the processes of pytest-xdist share the tests: by groups, so that a lane's browser starts once.

(Its own `--dist loadgroup` does nothing with pytest 9.2, which takes no other id of a test any more.)
"""

from __future__ import annotations

import re
from itertools import chain, zip_longest
from pathlib import PurePosixPath

from xdist.scheduler import LoadScopeScheduling

from harness.lanes import LANES

#: Files that need no browser; each test of the others opens a page of its own.
QUICK = ("repository", "harness")
#: Lanes that take minutes.
LONG_LANES = ("firefox", "chromium", "firefox-worker", "chromium-worker")

_LANE = re.compile(rf"\[({'|'.join(sorted(map(re.escape, LANES), key=len, reverse=True))})(?=[-\]])")


def group_of(nodeid: str) -> str:
    """The lane of a test that runs in one, else the name of its file."""
    path = PurePosixPath(nodeid.split("::")[0])
    lane = _LANE.search(nodeid) if path.parent.name == "browser" else None
    return lane[1] if lane else path.stem


def in_order(groups: dict[str, PurePosixPath]) -> list[str]:
    """Long groups first, so that the processes end together; in turn those that wait for recordings and those
    that compute.

    Parameters
    ----------
    groups
        The file of a test of each.
    """
    lanes = [name for name in LANES if name in groups]
    long = [name for name in LONG_LANES if name in groups]
    pages = [name for name, file in groups.items() if name not in LANES and file.parent.name not in QUICK]
    first = [name for name in chain(*zip_longest(long, pages)) if name]
    return [*first, *(name for name in [*lanes, *groups] if name not in first)]


class LaneScheduling(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
