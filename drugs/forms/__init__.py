"""Checks of what the pages of the formulary send."""
