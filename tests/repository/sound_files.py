"""Asks sound_files.mjs, which runs the patched mediabunny in Node."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

from harness.places import ROOT
from setup.node import find_node


def answers() -> Iterator[Callable[..., Any]]:
    """``ask(verb, **job)``, as a fixture."""
    command = [find_node(), "tests/repository/sound_files.mjs"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as node:
        assert node.stdin
        assert node.stdout

        def ask(verb: str, **job: object) -> Any:
            node.stdin.write(json.dumps({"verb": verb, **job}, default=str) + "\n")
            node.stdin.flush()
            answer = json.loads(node.stdout.readline() or '{"error": "node has ended"}')
            assert "error" not in answer, answer["error"]
            return answer

        yield ask
        node.stdin.close()
