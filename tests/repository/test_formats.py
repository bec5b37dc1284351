"""One table of formats, and everything derived from it."""

from __future__ import annotations

import json
import re

import pytest

import page_files
from harness.places import ROOT
from mediarecorder.formats import EXTENSIONS, FORMATS, MADE, TYPES

BUNDLES = ROOT / "py" / "mediarecorder" / "js"
ENCODERS = sorted({codec for row in FORMATS.values() for codec in row["encoders"]})


def encoder_of(name: str) -> set[str]:
    return {*FORMATS[name]["audio"][:1]} & {*FORMATS[name]["encoders"]}


def test_endings_and_types_map_to_each_other():
    assert TYPES["webm"] == "video/webm"
    assert TYPES["m4a"] == "audio/mp4"
    assert EXTENSIONS["audio/webm"] == EXTENSIONS["video/webm"] == "webm"
    for ending, mime_type in TYPES.items():
        assert TYPES[EXTENSIONS[mime_type]] in (mime_type, mime_type.replace("audio/", "video/")), ending


def test_engine_has_the_same_table():
    media = (BUNDLES / "media.js").read_text(encoding="utf-8")
    for name, row in FORMATS.items():
        lists = ("video", "audio", "encoders")
        wanted = ",".join(f"{key}:{json.dumps(row[key], separators=(',', ':'))}" for key in lists)
        assert wanted in media, name


@pytest.mark.parametrize("codec", ENCODERS)
def test_each_encoder_is_a_bundle_with_its_licence(codec):
    assert f'register("{codec}"' in (ROOT / f"static/library/media/encoders/{codec}.js").read_text()
    assert (BUNDLES / f"{codec}.js").stat().st_size > 100_000
    licences = (BUNDLES / "LICENSES.txt").read_text(encoding="utf-8")
    assert len(re.findall(rf"^\* {codec}\.js: [@\w]", licences, re.MULTILINE)) == 2


def test_page_caches_the_encoders_of_its_formats():
    kept = set(page_files.matching(ROOT))
    wanted = {f"py/mediarecorder/js/{codec}.js" for name in MADE for codec in encoder_of(name)}
    assert wanted
    assert wanted <= kept


def test_no_other_file_lists_the_formats():
    """Three of them in one line are a list; code that needs a list reads the table.

    static/library/bridge/protocol.js lists the types that recorders may be asked for, which is unrelated.
    """
    names = "|".join(MADE)
    listed = re.compile(rf'"(?:{names})"(?:, "(?:{names})"){{2}}')
    sources = (*(ROOT / "py").rglob("*.py"), *(ROOT / "static").rglob("*.js"), *(ROOT / "tools").glob("*.*"))
    others = {ROOT / "py/mediarecorder/formats.py", ROOT / "static/library/bridge/protocol.js"}
    found = [
        f"{file.relative_to(ROOT)}: {line.strip()}"
        for file in sources
        if file not in others and BUNDLES not in file.parents
        for line in file.read_text(encoding="utf-8").splitlines()
        if listed.search(line)
    ]
    assert found == []
