"""好商量: resident participation, owners' votes and maintenance for renovated old neighbourhoods."""
