"""Which entity has which menus, and where they are: module and class below `clew.pivots`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from clew.entities import Account, AutonomousSystem, Certificate, Domain, Entity, File, Host, IpAddress, Process, Url

MENUS: Mapping[type[Entity], Mapping[str, str]] = MappingProxyType(
    {
        IpAddress: {
            "ti": "menus.ti:IpTi",
            "geo": "menus.geo:IpGeo",
            "net": "menus.net:IpNet",
            "pdns": "menus.pdns:IpPassiveDns",
            "related": "menus.related:IpRelated",
            "whois": "menus.whois:IpWhois",
            "dns": "menus.dns:IpDns",
            "query": "queries.ip:IpQuery",
        },
        Host: {"query": "queries.host:HostQuery"},
        Account: {"ti": "menus.ti:AccountTi", "query": "queries.account:AccountQuery"},
        Domain: {
            "ti": "menus.ti:DomainTi",
            "pdns": "menus.pdns:DomainPassiveDns",
            "related": "menus.related:DomainRelated",
            "whois": "menus.whois:DomainWhois",
            "dns": "menus.dns:DomainDns",
            "query": "queries.domain:DomainQuery",
        },
        Url: {
            "ti": "menus.ti:UrlTi",
            "related": "menus.related:UrlRelated",
            "transform": "menus.transform:UrlTransform",
            "query": "queries.url:UrlQuery",
        },
        File: {"ti": "menus.ti:FileTi", "related": "menus.related:FileRelated", "query": "queries.file:FileQuery"},
        AutonomousSystem: {"whois": "menus.whois:AutonomousSystemWhois"},
        Certificate: {
            "related": "menus.related:CertificateRelated",
            "query": "queries.certificate:CertificateQuery",
        },
        Process: {"query": "queries.process:ProcessQuery", "transform": "menus.transform:ProcessTransform"},
    }
)
