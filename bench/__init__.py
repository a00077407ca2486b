"""Measurements. Each prints one JSON line, with a ceiling measured in the same minute."""
