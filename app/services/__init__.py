"""Use cases, one function each: session first, keywords after; no HTTP and no clock."""
