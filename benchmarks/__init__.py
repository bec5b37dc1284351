"""What the library costs, against plain JavaScript and against others: ``make bench``."""
