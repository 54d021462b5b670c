"""Packages of the functions for AWS Lambda: `python -m deploy.packaging`."""
