"""Forms: what a page may send, checked for shape only; the domain decides."""
