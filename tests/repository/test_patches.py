"""Each patch of mediabunny (tools/patches) has a test that fails without it."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.places import ROOT
from mediarecorder.formats import FORMATS
from setup.node import find_node

PATCHES = sorted(path.stem for path in (ROOT / "tools" / "patches").glob("*.patch"))
#: One test of each patch; there are more.
TESTS = {
    "0-broken-files": "test_isobmff_times.py::test_chunk_with_too_many_samples_is_read_to_its_end",
    "1-matroska-times": "test_matroska_times.py::test_gap_in_the_sound_is_detected",
    "2-isobmff-times": "test_isobmff_times.py::test_only_the_edit_lists_range_is_shown",
    "3-mp3-times": "test_mp3_times.py::test_packets_begin_before_the_sound_and_end_with_it",
    "4-ogg-times": "test_ogg_times.py::test_end_trimming_may_remove_whole_packets",
    "5-wave-and-flac": "test_wave_and_flac.py::test_big_endian_wave_file_is_read",
    "6-tags": "test_tags_matrix.py::test_matroska_tags_are_found_for_every_target",
    "7-sinks": "test_sinks.py::test_samples_before_a_broken_packet_come_before_the_error",
    "8-sound-times": "test_sinks.py::test_samples_have_the_times_of_their_packets",
    "9-short-flac": "test_wave_and_flac.py::test_last_frame_may_be_shorter_than_a_header_can_be",
}


def test_each_patch_has_a_test():
    assert list(TESTS) == PATCHES
    for file, name in (test.split("::") for test in TESTS.values()):
        assert f"\ndef {name}(" in (ROOT / "tests/repository" / file).read_text()


def passes(test: str, names: list[str], folder: Path) -> bool:
    """Whether a test passes with a mediabunny that has these patches."""
    arguments = json.dumps([str(folder), names])
    make = f"import('./tools/patches.mjs').then(({{ patched }}) => patched(...{arguments}))"
    subprocess.run([find_node(), "-e", make], cwd=ROOT, check=True)
    environment = {
        **os.environ,
        "MEDIABUNNY": folder.as_uri(),
        "NODE_OPTIONS": f"--import={(ROOT / 'tests/repository/other_mediabunny.mjs').as_uri()}",
    }
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"tests/repository/{test}"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.returncode == 0


@pytest.mark.soak
@pytest.mark.parametrize("patch", PATCHES)
def test_without_a_patch_its_test_fails(patch, tmp_path):
    """The earlier patches are applied, because it builds on them; the later ones are not."""
    names = [f"{name}.patch" for name in PATCHES[: PATCHES.index(patch) + 1]]
    assert passes(TESTS[patch], names, tmp_path / "with")
    assert not passes(TESTS[patch], names[:-1], tmp_path / "without")


PLUGIN = """
import { workerAsFunction } from "./tools/patches/worker-as-function.mjs";
const load = [];
workerAsFunction().setup({ onLoad: (_, loader) => load.push(loader), onResolve() {} });
const { contents: library } = await load[0]({ path: process.argv[1] });
console.log(JSON.stringify({ library, worker: load[1]({}).contents }));
"""


def bundled(path: Path) -> subprocess.CompletedProcess[str]:
    return node(PLUGIN, str(path))


def node(module: str, argument: str) -> subprocess.CompletedProcess[str]:
    command = [find_node(), "--input-type=module", "-e", module, argument]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize("codec", sorted({codec for row in FORMATS.values() for codec in row["encoders"]}))
def test_worker_of_an_encoder_becomes_a_function(codec):
    [path] = (ROOT / f"node_modules/@mediabunny/{codec}-encoder/dist/bundles").glob("*-encoder.mjs")
    made = json.loads(bundled(path).stdout)
    assert "return inlineWorker(" in path.read_text()
    assert "return inlineWorker(" not in made["library"]
    assert "return startWorker();" in made["library"]
    assert made["worker"].startswith("export default function work(self, setInterval) {")
    assert len(made["worker"]) > 10_000


COMPRESS = """
import { compressed } from "./tools/patches/compressed-webassembly.mjs";
const decode = (text) => Buffer.from(text, "base64");
const text = await compressed(process.argv[1]);
const run = new Function("decode", `${text}; return run`)(decode);
console.log(JSON.stringify({ text, bytes: [...await run()] }));
"""
WASM = b"\0asm\1\0\0\0" + bytes(3000)


def test_webassembly_in_base64_is_compressed():
    text = (
        "async function run(){var x;x=get();return x}"
        f'function get(){{return decode("{base64.b64encode(WASM).decode()}")}}'
    )
    done = node(COMPRESS, text)
    made = json.loads(done.stdout)
    assert bytes(made["bytes"]) == WASM
    assert len(made["text"]) < len(text) / 2


def test_encoder_that_needs_its_webassembly_in_two_places_stops_the_build():
    text = f'function get(){{return decode("{base64.b64encode(WASM).decode()}")}} a=get(); b=get()'
    assert "find the calls of get() again" in node(COMPRESS, text).stderr


def test_package_with_a_different_layout_stops_the_build(tmp_path):
    path = tmp_path / "mediabunny-mp3-encoder.mjs"
    path.write_text("export {};")
    assert "has changed: find its worker again" in bundled(path).stderr
