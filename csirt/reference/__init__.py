"""Reference knowledge: categories, questions, triage, duties, playbooks, read from YAML and checked."""
