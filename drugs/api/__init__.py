"""Read endpoints of the formulary."""
