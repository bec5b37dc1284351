"""A take: from the browser's recorder to its chunks and its recording."""
