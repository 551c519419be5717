"""The page that sees: the course's networks inside a page, with no Python and no server."""
