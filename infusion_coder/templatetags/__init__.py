"""Tags of the pages that stand above every floor."""
