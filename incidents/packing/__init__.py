"""The complaint pack: one PDF of a case for the brigade and the insurer."""
