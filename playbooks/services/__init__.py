"""Every write of playbooks: one verb, one function."""
