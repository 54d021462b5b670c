"""AWS calls of the functions, without the SDK, which would add half a second to every cold start."""
