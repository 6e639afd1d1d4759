"""Pages: thin doors. Each parses, makes one domain call and renders."""
