"""Plain Python that every room leans on: time, codes, TLP, the hash chain, text, errors."""
