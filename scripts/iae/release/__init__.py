"""The release: the open tables of an edition, as a portal or a statistician takes them."""
