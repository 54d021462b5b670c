"""AWS: Lambda invocations as HTTP requests, and SQS messages as submissions."""
