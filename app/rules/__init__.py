"""Legal core: pure decisions on plain values; standard library only, the article named beside each number."""
