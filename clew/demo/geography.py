"""Where the documentation networks lie in this story, and to whom they belong."""

from dataclasses import dataclass
from ipaddress import ip_address, ip_network


@dataclass(frozen=True, slots=True)
class Country:
    """A country and its continent, as GeoNames numbers them."""

    code: str
    name: str
    geoname: int
    continent: tuple[str, str, int] = ("EU", "Europe", 6255148)


@dataclass(frozen=True, slots=True)
class City:
    """A city and where it lies."""

    name: str
    geoname: int
    country: Country
    latitude: float
    longitude: float
    zone: str


@dataclass(frozen=True, slots=True)
class Owner:
    """An invented operator, with a number that RFC 5398 keeps for documentation."""

    number: int
    name: str
    domain: str
    usage: str = "Data Center/Web Hosting/Transit"


@dataclass(frozen=True, slots=True)
class Area:
    """A network, the place it is in and whom it belongs to."""

    network: str
    city: City
    owner: Owner


_US = Country("US", "United States", 6252001, ("NA", "North America", 6255149))
_JP = Country("JP", "Japan", 1861060, ("AS", "Asia", 6255147))
_SE = Country("SE", "Sweden", 2661886)

_AMSTERDAM = City("Amsterdam", 2759794, Country("NL", "Netherlands", 2750405), 52.3759, 4.8975, "Europe/Amsterdam")
_ASHBURN = City("Ashburn", 4744870, _US, 39.0469, -77.4903, "America/New_York")
_DUBLIN = City("Dublin", 2964574, Country("IE", "Ireland", 2963597), 53.3379, -6.2591, "Europe/Dublin")
_FRANKFURT = City("Frankfurt am Main", 2925533, Country("DE", "Germany", 2921044), 50.1169, 8.6837, "Europe/Berlin")
_HELSINKI = City("Helsinki", 658225, Country("FI", "Finland", 660013), 60.1695, 24.9354, "Europe/Helsinki")
_LONDON = City("London", 2643743, Country("GB", "United Kingdom", 2635167), 51.5085, -0.1257, "Europe/London")
_PARIS = City("Paris", 2988507, Country("FR", "France", 3017382), 48.8534, 2.3488, "Europe/Paris")
_PRAGUE = City("Prague", 3067696, Country("CZ", "Czechia", 3077311), 50.0883, 14.4124, "Europe/Prague")
_STOCKHOLM = City("Stockholm", 2673730, _SE, 59.3294, 18.0687, "Europe/Stockholm")
_TOKYO = City("Tokyo", 1850147, _JP, 35.6895, 139.6917, "Asia/Tokyo")
_VILNIUS = City("Vilnius", 593116, Country("LT", "Lithuania", 597427), 54.6892, 25.2798, "Europe/Vilnius")
_WARSAW = City("Warsaw", 756135, Country("PL", "Poland", 798544), 52.2299, 21.0117, "Europe/Warsaw")
_ZURICH = City("Zurich", 2657896, Country("CH", "Switzerland", 2658434), 47.3667, 8.5501, "Europe/Zurich")

_TRANSIT = Owner(64496, "Example Transit AB", "transit.example")
_HOSTER = Owner(64500, "Example Hosting Ltd", "hosting.example")
_VENDOR = Owner(64501, "Example Vendor Delivery Network", "vendor.example", "Content Delivery Network")
_OFFICE = Owner(64502, "Sample Office Cloud Inc", "office-suite.example")
_ANTIVIRUS = Owner(64503, "Sample Antivirus s.r.o.", "antivirus.example", "Commercial")
_BACKBONE = Owner(64504, "Musternetz GmbH", "musternetz.example")
_STORAGE = Owner(64505, "Sample Storage AG", "files-share.example")
_CLOCK = Owner(64506, "Example Clock Ltd", "clock.example", "Commercial")
_MAIL = Owner(64507, "Exemple Courriel SARL", "partner.example", "Commercial")
_OVERSEAS = Owner(64508, "Example Backbone KK", "backbone.example")
_WEATHER = Owner(64509, "Esimerkki Oy", "weather.example", "Commercial")

# A wide network stands before the narrower ones inside it, and these win.
AREAS = (
    Area("198.51.100.0/24", _STOCKHOLM, _TRANSIT),
    Area("198.51.100.16/28", _AMSTERDAM, _HOSTER),
    Area("198.51.100.64/26", _DUBLIN, _VENDOR),
    Area("198.51.100.128/25", _ASHBURN, _OFFICE),
    Area("198.51.100.176/28", _PRAGUE, _ANTIVIRUS),
    Area("203.0.113.0/24", _FRANKFURT, _BACKBONE),
    Area("203.0.113.64/27", _VILNIUS, _HOSTER),
    Area("203.0.113.64/30", _WARSAW, _HOSTER),
    Area("203.0.113.120/29", _LONDON, _CLOCK),
    Area("203.0.113.128/26", _PARIS, _MAIL),
    Area("203.0.113.192/26", _ZURICH, _STORAGE),
    Area("2001:db8::/32", _TOKYO, _OVERSEAS),
    Area("2001:db8:20::/48", _HELSINKI, _WEATHER),
    Area("2001:db8:30::/48", _STOCKHOLM, _TRANSIT),
)


def area_of(address: str) -> Area:
    """The narrowest area around an address."""
    return [area for area in AREAS if ip_address(address) in ip_network(area.network)][-1]
