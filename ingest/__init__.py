"""Casebook's writing side: files in, a published index generation out; the only writer."""
