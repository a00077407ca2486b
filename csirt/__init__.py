"""The desk. ``RELEASE`` is the version that backups, metrics and pages of the team name."""

RELEASE = "0.1.0"
