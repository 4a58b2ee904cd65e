"""Nouns: what an investigation is about. Pure: no input, no output, no clock."""

from clew.entities.account import Account
from clew.entities.autonomous_system import AutonomousSystem
from clew.entities.base import Entity
from clew.entities.certificate import Certificate
from clew.entities.codec import ENTITY_TYPES, dump, entity_type, load
from clew.entities.domain import Domain
from clew.entities.file import File
from clew.entities.finding import Claim, Fact, Finding, Link, Outcome, Relation, Severity, Table, Verdict
from clew.entities.host import Host
from clew.entities.ip_address import IpAddress
from clew.entities.key import Key
from clew.entities.parsing import parse
from clew.entities.process import Process
from clew.entities.rows import RowEntities, entities_of
from clew.entities.url import Url

__all__ = [
    "ENTITY_TYPES",
    "Account",
    "AutonomousSystem",
    "Certificate",
    "Claim",
    "Domain",
    "Entity",
    "Fact",
    "File",
    "Finding",
    "Host",
    "IpAddress",
    "Key",
    "Link",
    "Outcome",
    "Process",
    "Relation",
    "RowEntities",
    "Severity",
    "Table",
    "Url",
    "Verdict",
    "dump",
    "entities_of",
    "entity_type",
    "load",
    "parse",
]
