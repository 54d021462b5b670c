"""Fuzzing of the HTTP edge: hostile requests to all routes. No answer may show a defect of the service."""
