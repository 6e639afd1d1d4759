"""What people decide, and the only writers of reviews. Callers import the module that owns the function."""
