"""Files as CMS and FDA publish them, read into typed rows with the lines they came from. Nothing here writes."""
