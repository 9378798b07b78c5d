"""Rules of credits."""
