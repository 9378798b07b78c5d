"""Rules of mediation."""
