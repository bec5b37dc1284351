"""The policies of the demo page: the same everywhere, and with the right hashes."""

from __future__ import annotations

import base64
import hashlib
import html
import re

import pytest

import policy
from harness.places import ROOT

NODE_MODULES = ROOT / "node_modules"


def hash_of(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def style_of_the_editor() -> str:
    [editor] = NODE_MODULES.glob("@pyscript/core/dist/py-editor-*.js")
    source = editor.read_text()
    [(rules, text)] = re.findall(r'(\w+)=\["(:host .*?)"\]', source)
    assert f"innerHTML=`<style>${{{rules}.join(" in source
    return text


def style_of_the_waveform() -> str:
    source = (NODE_MODULES / "wavesurfer.js/dist/wavesurfer.esm.js").read_text()
    [text] = re.findall(r'<style\$\{.*?""\}>(.*?)</style>', source)
    [height] = re.findall(r"\$\{.*?\}", text)
    assert height.startswith("${this.getHeight(")
    return text.replace(height, str(policy.WAVEFORM_HEIGHT)).replace(r"\n", "\n")


@pytest.mark.parametrize(
    ("package", "style"),
    [("@pyscript/core", style_of_the_editor), ("wavesurfer.js", style_of_the_waveform)],
)
def test_style_hash_matches_the_installed_package(package, style):
    """If a new version has a different text, put the new hash into tools/policy.py and the pages."""
    assert policy.STYLES[package] == hash_of(style())


@pytest.mark.parametrize("page", ["index.html", "examples/mdn.html"])
def test_page_contains_the_policy_itself(page):
    [content] = re.findall(
        r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', (ROOT / page).read_text()
    )
    assert html.unescape(content) == policy.IN_THE_PAGE


def test_header_also_restricts_framing():
    header = policy.POLICIES["Content-Security-Policy"]
    assert header == f"{policy.IN_THE_PAGE}; frame-ancestors 'self'"
    assert "unsafe-inline" not in header
