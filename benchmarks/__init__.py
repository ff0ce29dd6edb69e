"""Bounded benchmarks, each side by side with a peer or a floor in one run."""
