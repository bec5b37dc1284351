"""Tests in tests/browser run inside the browser (see harness/__init__.py); the others are plain pytest."""

pytest_plugins = ["harness.plugin", "harness.fixtures"]
