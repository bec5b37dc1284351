"""A finished step writes a stamp, the hash of its sources; a failed step does not.

Each stamp is in the folder that it describes, so that removing the folder removes the stamp.
"""

from __future__ import annotations

import hashlib
from pathlib import Path


def fingerprint(*parts: str | bytes) -> str:
    encoded = (part.encode() if isinstance(part, str) else part for part in parts)
    return hashlib.sha256(b"\0".join(encoded)).hexdigest()


def is_done(folder: Path, name: str, key: str) -> bool:
    try:
        return _stamp(folder, name).read_text() == key
    except OSError:
        return False


def mark_done(folder: Path, name: str, key: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    _stamp(folder, name).write_text(key)


def _stamp(folder: Path, name: str) -> Path:
    return folder / f".done-{name}"
