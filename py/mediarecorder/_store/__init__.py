"""The store's worker, as Python sees it."""
