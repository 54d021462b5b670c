"""Player tokens: JSON Web Tokens, verified by PyJWT. Import the package only if tokens are configured: it is slow."""
