"""The maintained formulary: drugs, their names, families, billing codes, packages and prices, by date and by release."""
