"""The proof of every rule: cases that are answered otherwise as soon as the rule is taken out of the engine."""
