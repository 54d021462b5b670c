"""Application services. They implement the product on top of domain and ports."""
