"""The law of the owners' vote: matters, heads, ballots, tally, cost shares, states and evidence."""
