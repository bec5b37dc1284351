"""The library's cost, compared with plain JavaScript and with other libraries: ``make bench``."""
