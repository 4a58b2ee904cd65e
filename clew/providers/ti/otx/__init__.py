"""AlienVault OTX."""
