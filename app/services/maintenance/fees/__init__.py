"""Fees: services and their prices, what was done for them, who owes and has paid, and who is relieved."""
