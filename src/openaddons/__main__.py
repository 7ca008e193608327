"""``python -m openaddons`` is the command line."""

from openaddons.cli import main

main(prog_name="openaddons")
