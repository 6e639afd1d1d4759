"""Samples of accepted encounters: frozen frames, draws that can be repeated, blind reviews, results with intervals."""
