"""Every write, one verb a function, under ``@change`` and ending with ``record()``."""
