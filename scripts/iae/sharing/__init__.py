"""Sharing: what is published, in a lake that several teams write and many read."""
