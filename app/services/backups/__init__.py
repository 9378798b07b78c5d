"""Backups: a copy of the whole database in one file, encrypted to a key that this machine has not, and the way back."""
