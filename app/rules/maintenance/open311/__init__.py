"""Open311 GeoReport v2: what its clients may ask, and the shapes of what they get."""
