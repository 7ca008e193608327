"""What a package may hold: one rule, one function, with its id, words, remedy and source beside it."""
