"""What the emulator has beside the store: outcomes that are asked for, faults, a clock to set, a journal."""
