"""Commands, one a file: thin doors to the domain."""
