"""VirusTotal."""
