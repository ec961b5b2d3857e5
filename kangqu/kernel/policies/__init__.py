"""Adopted policies: versions a city adds to what is shipped, in the product, by two people; trials on past cases."""
