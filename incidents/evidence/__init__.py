"""Evidence at rest: sealed with age from the first byte, opened again by the worker alone.

Storage only: no page and no right is decided here. Nothing is unpacked, previewed or decoded.
"""
