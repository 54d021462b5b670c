"""Access: the caller of a request, its rights and its rate limit."""
