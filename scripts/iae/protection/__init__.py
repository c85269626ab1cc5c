"""Protection: the stock rounded so that sums hold, and the proof that nobody can undo it."""
