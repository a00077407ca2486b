"""The checkout's own commands: install, services, tests."""
