"""Publication: the proof that figures may be shown, and the file that analysts read."""
