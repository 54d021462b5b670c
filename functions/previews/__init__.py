"""Link previews of boards and players: `og:` tags in the page, and the pictures that they name.

Only servers need this code. Functions on AWS Lambda serve no page, and their packages do not contain it.
"""
