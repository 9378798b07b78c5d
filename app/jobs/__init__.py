"""Timed work: sealing votes, reading uploads, delivering messages; each tick is one transaction."""
