"""The directory's pages in the console: find, read, correct."""
