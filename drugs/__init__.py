"""The maintained formulary: drugs, names, families, billing codes, packages and prices, by date and release."""
