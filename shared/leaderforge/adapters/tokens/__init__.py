"""Player tokens: JSON Web Tokens, verified by PyJWT. Import this package only if tokens are configured: it is slow."""
