"""What a notebook shows: displays, browsers, magics."""
