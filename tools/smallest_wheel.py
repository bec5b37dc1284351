"""Compress the wheel as well as its format allows: a build hook of hatchling, which has no setting for it.

A page transfers the whole wheel before its first `record()`.
"""

from __future__ import annotations

from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class SmallestWheel(BuildHookInterface[Any]):
    PLUGIN_NAME = "custom"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        with ZipFile(artifact_path) as wheel:
            files = [(entry, wheel.read(entry)) for entry in wheel.infolist()]
        with ZipFile(artifact_path, "w") as wheel:
            for entry, content in files:
                wheel.writestr(entry, content, ZIP_DEFLATED, compresslevel=9)
