"""AWS: invocations of Lambda as HTTP requests, and messages of SQS as submissions."""
