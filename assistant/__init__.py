"""Casebook's core: questions over case studies in, cited answers or honest refusals out."""
