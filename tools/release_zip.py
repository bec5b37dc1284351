"""Pack dist/mediarecorder-<version>.zip, for people without Python tools (make dist calls it).

The zip is one folder with a page that records. Any static server can serve the folder as it is.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "one-page"
#: The page's half of the bridge, for authors of workers, and the licences of everything in the zip.
MORE = ("py/mediarecorder/js/page.js", "LICENSE", "py/mediarecorder/js/LICENSES.txt")


def pack(dist: Path, root: Path = ROOT) -> Path:
    """Write the zip beside the wheel in `dist`, which must be the only one there. Same input, same bytes."""
    [wheel] = dist.glob("*.whl")
    folder = "-".join(wheel.name.split("-")[:2])
    files = [*sorted(EXAMPLE.iterdir()), wheel, *(root / name for name in MORE)]
    target = dist / f"{folder}.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            entry = zipfile.ZipInfo(f"{folder}/{file.name}")  # without the file's date
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.read_bytes())
    return target


if __name__ == "__main__":
    print(f"dist/{pack(Path(sys.argv[1])).name}")
