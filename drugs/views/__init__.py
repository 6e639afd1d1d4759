"""Pages of the formulary."""
