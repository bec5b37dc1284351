"""Modules of desktop Python, as scripts expect them, on the browser's devices (`mediarecorder.desktop`)."""
