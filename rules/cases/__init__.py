"""Published worked cases: read into facts, coded, and compared with the published answer."""
