"""The pages of docs/reference, each rendered from the code it describes."""
