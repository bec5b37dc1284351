"""Tests of tests/browser run inside the browser (see bench/__init__.py); the others are plain pytest."""

pytest_plugins = ["bench.plugin", "bench.pages"]
