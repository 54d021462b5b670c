"""Player tokens: JSON Web Tokens, verified by PyJWT. Imported only if tokens are configured: it is slow to load."""
