"""A small invented incident, generated the same to the byte every time: logs, a feed, a geolocation file, replies."""
