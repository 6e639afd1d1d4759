"""One factory per model: valid rows with as little said as possible."""
