"""Clients of AWS services. They do not use the AWS SDK, which would add 0.5 s to every cold start."""
