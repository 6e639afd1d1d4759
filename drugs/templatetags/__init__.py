"""Template filters of the formulary."""
