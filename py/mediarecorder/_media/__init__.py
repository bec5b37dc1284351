"""The media engine, as Python sees it."""
