"""Pack dist/mediarecorder-<version>.tgz for npm: the page's half of the bridge, with types.

make dist calls it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILES = ("py/mediarecorder/js/page.js", "LICENSE")


def pack(dist: Path, root: Path = ROOT) -> Path:
    """Write the package into `dist`."""
    with tempfile.TemporaryDirectory() as folder:
        package = Path(shutil.copytree(root / "package", Path(folder, "package")))
        for name in FILES:
            shutil.copy(root / name, package)
        command = ["npm", "pack", "--silent", "--pack-destination", str(dist.resolve())]
        done = subprocess.run(command, cwd=package, check=True, stdout=subprocess.PIPE, text=True)
    return dist / done.stdout.strip()


if __name__ == "__main__":
    print(f"dist/{pack(Path(sys.argv[1])).name}")
