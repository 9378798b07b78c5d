"""Calls of the citizens' hotline (12345): shown before anything is written, taken in, and sent back as a sheet."""
