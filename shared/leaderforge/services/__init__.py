"""The product's functions, in terms of domain and ports."""
