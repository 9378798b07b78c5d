"""Maintenance: reports, work orders, their clocks, and the upkeep of what was built."""
