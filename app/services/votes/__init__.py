"""Votes: drafting, the roll, casting, counting, closing, objections."""
