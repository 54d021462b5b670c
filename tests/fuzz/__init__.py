"""Fuzzing of the HTTP edge: hostile requests to all routes. No answer may be a defect of the service."""
