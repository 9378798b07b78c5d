"""Estates: how a register is read, compared and counted."""
