"""Players' tokens: JSON Web Tokens, verified by PyJWT. Imported only where tokens are set up."""
