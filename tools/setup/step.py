"""One row of the set-up table."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from . import environment, places, process, stamps
from .node import find_node


@dataclass(frozen=True)
class Step:
    """A result that set-up makes once, and again when its sources change.

    Words in braces in `folder` and `commands` are replaced when they are needed: ``{python}``, ``{npm}`` and
    the others in ``_WORDS``, ``{folder}``, ``{key}``, and the name of another step, which means its folder. A
    word of a command with a star means the files that match it.
    """

    #: The name of its stamp, and of the step in error messages.
    name: str
    #: The folder of the result, relative to the repository unless it is absolute.
    folder: str
    #: The text that the user sees while it runs.
    says: str
    commands: tuple[str, ...]
    #: Source files. A pattern ignores dot files and compiled Python.
    sources: tuple[str, ...] = ()
    #: Further values that decide whether to run again.
    also: tuple[str, ...] = ()
    #: A file or folder in the repository that must exist as well.
    makes: str = ""
    #: Whether the folder belongs to this step and is emptied first.
    own: bool = True
    #: Name of a step with the same folder and sources that makes this one unnecessary.
    or_else: str = ""
    #: Steps whose folders the commands use.
    needs: tuple[Step, ...] = ()

    def __call__(self) -> None:
        """Run the step, unless it is done.

        Raises
        ------
        SetupError
            A command failed. The step then runs again the next time.
        """
        if self.is_done():
            return
        for step in self.needs:
            step()
        process.say(self.says)
        if self.own:
            shutil.rmtree(self.place, ignore_errors=True)
            self.place.mkdir(parents=True)
        for command in self.commands:
            words = command.split()
            uses_node = words[0] == "{npm}" or "/.bin/" in words[0]
            process.run(
                *(part for word in words for part in self._expand(word)),
                first_on_path=find_node().parent if uses_node else None,
            )
        stamps.mark_done(self.place, self.name, self.key)

    def is_done(self) -> bool:
        names = (self.name, self.or_else) if self.or_else else (self.name,)
        place, key = self.place, self.key  # each of these reads all sources
        made = not self.makes or (places.ROOT / self.makes).exists()
        return made and any(stamps.is_done(place, name, key) for name in names)

    @property
    def place(self) -> Path:
        return places.ROOT / self._fill(self.folder)

    @property
    def key(self) -> str:
        """The hash of the sources."""
        files = [file for pattern in self.sources for file in _files(pattern)]
        names = (file.relative_to(places.ROOT).as_posix() for file in files)
        return stamps.fingerprint(*self.also, *names, *(file.read_bytes() for file in files))

    def _expand(self, word: str) -> Iterator[str]:
        if "*" in word:
            yield from (file.relative_to(places.ROOT).as_posix() for file in _files(word))
        else:
            yield self._fill(word)

    def _fill(self, text: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda match: str(self._look_up(match[1])), text)

    def _look_up(self, word: str) -> object:
        if word == "folder":
            return self.place
        if word == "key":
            return self.key[:16]
        if word in _WORDS:
            return _WORDS[word]()
        [place] = (step.place for step in self.needs if step.name == word)
        return place


_WORDS: dict[str, Callable[[], object]] = {
    "cache": places.cache,
    "node": find_node,
    "npm": lambda: find_node().with_name("npm"),
    "python": environment.python,
    "system": lambda: sys.executable,
}


def _files(pattern: str) -> list[Path]:
    if "*" not in pattern:
        return [places.ROOT / pattern]
    return [file for file in sorted(places.ROOT.glob(pattern)) if file.is_file() and not _is_passing(file)]


def _is_passing(file: Path) -> bool:
    parts = file.relative_to(places.ROOT).parts
    return file.suffix == ".pyc" or any(part.startswith(".") for part in parts)
