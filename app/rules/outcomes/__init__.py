"""Outcomes: the fixed text of a posting, and what the committee adds to it."""
