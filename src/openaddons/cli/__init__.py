"""The command line ``openaddons``. Nothing is imported here: what does without click starts sooner."""
