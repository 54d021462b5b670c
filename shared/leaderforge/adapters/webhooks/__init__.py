"""Sending of notices by HTTP."""
