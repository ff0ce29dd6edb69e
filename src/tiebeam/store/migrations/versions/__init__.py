"""Numbered versions of the schema, each following the one before."""
