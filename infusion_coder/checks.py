"""System checks: what would only fail later, under a user's hands, is refused at the start."""
