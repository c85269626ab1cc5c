"""Load the raw extracts of the IAE indicator, publish its marts."""
