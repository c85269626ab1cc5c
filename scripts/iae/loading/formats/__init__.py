"""How bytes become records: one module per format of file."""
