"""Backups: one sealed file, made while the desk works, read back on an empty one.

The file is a tar in age, written from end to end: ``about.json`` (release, migrations, where the
journal stood), the rows of each table as lines of JSON, the sealed files of evidence, and last
``manifest.json`` with the digest of each. Rows are those of one moment, read by the desk itself and
not by the database's own tools: the same backup restores on SQLite and on PostgreSQL, and holds none
of what was deleted. No key is in it.
"""
