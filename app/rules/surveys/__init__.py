"""Rules of surveys."""
