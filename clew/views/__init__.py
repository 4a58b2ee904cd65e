"""What people look at. A view asks nobody anything: it shows what the case knows."""
