"""Trains what is learned: the evidence reader. Data come from files that are named; nothing of them is packaged."""
