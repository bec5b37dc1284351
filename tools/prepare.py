"""Set up everything that a make target needs and that does not exist yet.

    python3 tools/prepare.py demo    packages of the demo page, our bundled JavaScript and its packed Python
    python3 tools/prepare.py lint    the checkers for Python and JavaScript
    python3 tools/prepare.py wheel   the builder of the wheel and our bundled JavaScript
    python3 tools/prepare.py notebooks    the same, the checkers, and the notebook sites
    python3 tools/prepare.py docs    what the wheel needs, and the documentation site
    python3 tools/prepare.py test    all of these, the demo, both browsers, the judges of media files, numpy
    python3 tools/prepare.py test-all     these, notebook sites with numpy, apps of stlite, Panel and Flet,
                                     and servers for uploads
    python3 tools/prepare.py bench   what the tests need, and the peers that the benchmarks compare with
    python3 tools/prepare.py node …  run the selected Node with these arguments

Runs on a bare Python. The table in tools/setup/steps.py lists each step with its result and its sources.
"""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Callable

import page_files
from setup import environment, numpy_wheel, places, programs, steps
from setup.node import find_node
from setup.process import SetupError, say

OLDEST_PYTHON = (3, 11)


def list_of_page_files() -> None:
    """Write the list of the page's files, for offline use.

    It has no stamp, because reading the files is all the work.
    """
    page_files.write_list(places.ROOT, list(page_files.matching(places.ROOT)))


def numpy() -> None:
    if os.environ.get("NUMPY_LANE") != "0":
        numpy_wheel.unpack()


def site_with_numpy() -> None:
    if os.environ.get("NUMPY_LANE") != "0":
        steps.NUMPY_SITE()


BUILDER = (environment.python, steps.BUILDER)
LINT = (*BUILDER, steps.CHECKERS, steps.NODE_MODULES)
NOTEBOOKS = (*LINT, steps.JAVASCRIPT, steps.PACKAGED, steps.SITES)
WHEEL = (*BUILDER, steps.NODE_MODULES_OF_DEMO, steps.JAVASCRIPT, steps.PACKAGED)
PAGE = (steps.PACKED, list_of_page_files)
TEST = (
    *(programs.from_debian, *NOTEBOOKS, steps.DOCS, *PAGE, steps.INNER_SITE, numpy, steps.JUDGES),
    programs.browsers_from_playwright,
)
TARGETS: dict[str, tuple[Callable[[], object], ...]] = {
    "demo": (steps.NODE_MODULES_OF_DEMO, steps.JAVASCRIPT, *PAGE),
    "lint": LINT,
    "wheel": WHEEL,
    "docs": (*WHEEL, steps.DOCS),
    "notebooks": NOTEBOOKS,
    "test": TEST,
    "test-all": (*TEST, site_with_numpy, steps.HOSTS, steps.SERVERS),
    "bench": (*TEST, steps.PEERS),
}


def prepare(target: str) -> None:
    """Make everything that a target needs.

    Raises
    ------
    SetupError
        A step failed. The steps before it are done.
    """
    for step in TARGETS[target]:
        step()


def main(arguments: list[str]) -> int:
    if sys.version_info < OLDEST_PYTHON:
        here = ".".join(map(str, sys.version_info[:2]))
        say(f"Python 3.11 or newer is needed, and this is {here}. If you have one: make PYTHON=python3.12 …")
        return 1
    try:
        if arguments[:1] == ["node"]:
            executable = str(find_node())
            os.execv(executable, [executable, *arguments[1:]])
        if len(arguments) != 1 or arguments[0] not in TARGETS:
            say(f"name one target: {', '.join(TARGETS)} or node")
            return 2
        build = places.ROOT / "build"
        build.mkdir(exist_ok=True)
        with open(build / ".lock", "w") as lock:
            # Concurrent make commands take turns.
            fcntl.flock(lock, fcntl.LOCK_EX)
            prepare(arguments[0])
    except (SetupError, OSError) as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
