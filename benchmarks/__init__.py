"""What the library costs, against plain JavaScript and against others, measured in real browsers: ``make bench``."""
