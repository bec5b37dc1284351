"""What is shown of recordings, streams and panels."""
