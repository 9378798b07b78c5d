"""Maintenance: work orders, their clocks, warranty, who answers, honest rates, and the Open311 contract."""
