"""Loading: from a drop of raw files to landed tables, whole extracts or nothing."""
