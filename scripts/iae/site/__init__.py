"""Write the public page: one static folder, in French, that opens from disk with no network."""
