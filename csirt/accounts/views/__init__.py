"""The pages of people's accounts, one idea a module."""
