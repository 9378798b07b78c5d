"""Ways a message leaves the house; the only importers of httpx."""
