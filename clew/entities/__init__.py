"""Nouns: what an investigation is about. Pure: no input, no output, no clock."""

from clew.entities.account import Account
from clew.entities.alert import Alert
from clew.entities.attack_technique import AttackTechnique
from clew.entities.autonomous_system import AutonomousSystem
from clew.entities.certificate import Certificate
from clew.entities.codec import ENTITY_TYPES, dump, entity_type, load
from clew.entities.domain import Domain
from clew.entities.entity import Entity
from clew.entities.file import File
from clew.entities.finding import Claim, Fact, Finding, Link, Outcome, Relation, Severity, Table, Verdict
from clew.entities.host import Host
from clew.entities.incident import Incident
from clew.entities.ip_address import IpAddress
from clew.entities.key import Key
from clew.entities.parsing import parse
from clew.entities.process import Process
from clew.entities.url import Url
from clew.entities.vulnerability import Vulnerability

__all__ = [
    "ENTITY_TYPES",
    "Account",
    "Alert",
    "AttackTechnique",
    "AutonomousSystem",
    "Certificate",
    "Claim",
    "Domain",
    "Entity",
    "Fact",
    "File",
    "Finding",
    "Host",
    "Incident",
    "IpAddress",
    "Key",
    "Link",
    "Outcome",
    "Process",
    "Relation",
    "Severity",
    "Table",
    "Url",
    "Verdict",
    "Vulnerability",
    "dump",
    "entity_type",
    "load",
    "parse",
]
