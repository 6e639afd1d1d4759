"""The coding rules: a pure engine and its dated, cited data. Floor 0: imports nothing above it."""
