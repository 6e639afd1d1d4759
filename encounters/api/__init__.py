"""The REST interface: encounters in, codes out."""
