"""Link previews of boards and players: `og:` tags in the page, and the pictures that they name.

Only servers have them. Functions on AWS Lambda serve no page, therefore their packages leave this package out.
"""
