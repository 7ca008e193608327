"""People: who signs in, how they prove who they are, and what each may do."""
