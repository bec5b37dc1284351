"""The HTML that displays recordings, streams and panels."""
