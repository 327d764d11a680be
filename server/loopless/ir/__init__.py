"""Meaning without spelling: the loop language, integer polynomials, values on named axes. Frozen."""
