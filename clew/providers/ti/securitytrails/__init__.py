"""SecurityTrails."""
