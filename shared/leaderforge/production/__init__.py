"""Files of a production deployment on one machine or in containers."""
