"""Certification: what a reviewer sees and decides by, and where a submission stands."""
