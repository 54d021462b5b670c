"""Print the OpenAPI document of the API as JSON. `npm run api` in frontend/ makes the web page's types of it."""

import json
import sys

from functions.local import create_app
from leaderforge.config import EnvironmentSettings
from leaderforge.wiring import build

# The application is described without being started: nothing connects to these.
UNUSED_ADDRESSES = {
    "LEADERFORGE_REDIS_NODES": "127.0.0.1:1",
    "LEADERFORGE_POSTGRES_DSN": "postgresql://127.0.0.1:1/none",
}


def main() -> None:
    """Write the document to the standard output."""
    application = create_app(build(EnvironmentSettings.from_environment(UNUSED_ADDRESSES)))
    sys.stdout.write(json.dumps(application.openapi(), indent=2) + "\n")


if __name__ == "__main__":
    main()
