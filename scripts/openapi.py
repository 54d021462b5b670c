"""Print the OpenAPI document of the API as JSON.

`npm run api` in frontend/ generates the web page's types from it.
"""

import json
import sys

from functions.local import create_app
from leaderforge.config import EnvironmentSettings
from leaderforge.wiring import build

# The script only describes the application, and does not start it: nothing connects to these addresses.
UNUSED_ADDRESSES = {
    "LEADERFORGE_REDIS_NODES": "127.0.0.1:1",
    "LEADERFORGE_POSTGRES_DSN": "postgresql://127.0.0.1:1/none",
}


def main() -> None:
    """Write the document to standard output."""
    application = create_app(build(EnvironmentSettings.from_environment(UNUSED_ADDRESSES)))
    sys.stdout.write(json.dumps(application.openapi(), indent=2) + "\n")


if __name__ == "__main__":
    main()
