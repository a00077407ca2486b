"""The live console: one hub a process, fed by the journal (DESIGN.md section 3)."""
