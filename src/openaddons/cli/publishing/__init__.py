"""What the commands in ``openaddons.cli.publish`` are made of: sources, packages, notes, endings."""
