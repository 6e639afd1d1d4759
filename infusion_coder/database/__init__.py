"""The database as this application uses it; Django finds the backend in `base`."""
