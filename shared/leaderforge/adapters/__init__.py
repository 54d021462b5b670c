"""The ports' implementations. No type or exception of a driver leaves this package."""
