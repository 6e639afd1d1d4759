"""The formulary's commands."""
