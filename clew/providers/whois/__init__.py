"""Who registered a name, an address or an autonomous system: RDAP, WHOIS, and the routes that Team Cymru sees."""
