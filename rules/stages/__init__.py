"""One file for each question a coder asks; no stage imports another."""
