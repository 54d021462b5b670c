"""Player tokens: JSON Web Tokens, verified by PyJWT. Import it only if tokens are configured: the import is slow."""
