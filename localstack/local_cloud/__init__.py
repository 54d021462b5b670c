"""The cloud deployment on this machine: LocalStack in AWS's place, a Valkey cluster and PostgreSQL beside it."""
