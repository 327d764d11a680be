"""Random loop nests, rewritten and run on both sides."""
