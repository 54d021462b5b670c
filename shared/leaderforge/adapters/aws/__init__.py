"""AWS calls of the functions, without the SDK: loading it takes half a second of every cold start."""
