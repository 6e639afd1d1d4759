"""Synthetic encounters for a first look, as data files, and the loading of them."""
