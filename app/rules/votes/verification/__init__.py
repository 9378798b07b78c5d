"""Checking a vote's evidence package from nothing but its bytes: no database, no network, no settings."""
