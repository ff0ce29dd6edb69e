"""The house rules: each is a function over a source tree, applied to ours and proved to bite on a planted breach."""
