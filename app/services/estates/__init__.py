"""Estates: use cases of the register, claims and standing."""
