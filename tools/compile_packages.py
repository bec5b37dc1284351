"""Compile the packages for Python in the tests' pages. Runs in Pyodide (in_pyodide.mjs).

Compiling them in each page takes 1.2 s of the 10 s that a page needs until its tests are collected (Node 20).
"""

from __future__ import annotations

from compileall import compile_dir
from py_compile import PycInvalidationMode

PACKAGES = "build/inner-site"

if __name__ == "__main__":
    # Unchecked, because source and bytecode arrive together, without their dates.
    compile_dir(
        f"/repository/{PACKAGES}",
        ddir=PACKAGES,
        quiet=1,
        invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
    )
