"""AWS Lambda and SQS: invocations become requests or queued submissions."""
