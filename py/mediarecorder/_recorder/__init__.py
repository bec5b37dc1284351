"""A take: from the browser's recorder to what is kept of it."""
