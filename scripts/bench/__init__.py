"""Measure the project against the best that can be written by hand (docs/performance.md)."""
