#!/usr/bin/env bash
# Pyodide's event loop raises ValueError for a time in the past, at which CPython's loops act at once.
#
# Versions: pyodide 314.0.7 (npm), in Node; compared with the system's python3.
# Input:    asyncio.wait(), as_completed(), call_later() and call_at(), each with a time that has
#           passed, as code has it that computes `deadline - loop.time()`.
# Expected: the loop acts at once, as CPython's does: asyncio.wait(timeout=-1) returns what is done,
#           as_completed(timeout=-1) raises TimeoutError, and callbacks are called.
# Observed: each raises ValueError("Can't schedule in the past"). (asyncio.sleep, wait_for and
#           timeout check for a time in the past themselves, so they work.)
set -euo pipefail
d=$(mktemp -d); trap 'rm -rf "$d"' EXIT; cd "$d"
npm install --silent --no-audit --no-fund --prefix . pyodide@314.0.7 || exit 2

cat > look.py <<'PY'
import asyncio

async def wait():
    return await asyncio.wait({asyncio.ensure_future(asyncio.sleep(0.2))}, timeout=-1)

async def as_completed():
    for one in asyncio.as_completed([asyncio.sleep(0.2)], timeout=-1):
        await one

async def call_later():
    called = asyncio.Event()
    asyncio.get_running_loop().call_later(-1, called.set)
    await called.wait()

async def call_at():
    called = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.call_at(loop.time() - 1, called.set)
    await called.wait()

async def sleep():
    await asyncio.sleep(-1)

async def look():
    refused = 0
    for case in (wait, as_completed, call_later, call_at, sleep):
        try:
            await case()
            said = "acted at once"
        except TimeoutError:
            said = "acted at once: TimeoutError"
        except ValueError as error:
            said, refused = f"ValueError: {error}", refused + 1
        print(f"  {case.__name__}: {said}")
    return refused
PY
cat > look.mjs <<'JS'
import { readFileSync } from 'node:fs';
import { loadPyodide } from 'pyodide';
const pyodide = await loadPyodide();
const refused = await pyodide.runPythonAsync(readFileSync('look.py', 'utf8') + '\nawait look()');
console.log(refused ? 'The finding holds.' : 'The behaviour has changed.');
process.exit(refused ? 0 : 1);
JS
echo "CPython:"; python3 -c "from look import *; asyncio.run(look())"
echo "Pyodide:"; node look.mjs
