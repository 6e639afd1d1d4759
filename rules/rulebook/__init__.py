"""The rulebook: dated, cited values, and what of them is in force on a date of service."""
