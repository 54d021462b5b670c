"""Local cloud deployment: LocalStack instead of AWS, with a Valkey cluster and PostgreSQL."""
