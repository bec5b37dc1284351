"""The parts of tools/prepare.py. `steps` has the table of what is made, and of what."""
