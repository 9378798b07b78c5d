"""Commands of `python -m app`, one module each."""
