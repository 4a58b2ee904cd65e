"""Local threat intelligence: feeds of many formats, kept in small indexed files that are asked without any network.

    import clew.feeds

    clew.feeds.add("ipsum.txt")
    print(clew.feeds.check("198.51.100[.]7"))

What is here is what `clew feeds` does.
"""

from clew.feeds.front_door import FeedUpdate, add, check, collections, remove, update
from clew.feeds.front_door import list_feeds as list  # noqa: A004 - `clew.feeds.list()`, as the command is called

__all__ = ["FeedUpdate", "add", "check", "collections", "list", "remove", "update"]
