"""Exercises: a scenario played on an instance of its own, conducted, and looked back on."""
