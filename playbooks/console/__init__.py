"""The analysts' pages of playbooks, and what they add to the case page."""
