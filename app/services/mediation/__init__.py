"""Use cases of mediation."""
