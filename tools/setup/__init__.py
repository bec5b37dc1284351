"""The parts of tools/prepare.py. `steps` has the table of results and their sources."""
