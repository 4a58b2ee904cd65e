"""What a DNS record says as a link, by its type: for those that are asked today and those that a vendor has kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from clew.entities import Domain, IpAddress, Relation


class DnsRelation(NamedTuple):
    """How the name that has a record stands to what the record names, and what kind of entity that is."""

    relation: Relation
    kind: type[IpAddress | Domain]


#: By the type of the record. Of TXT, SOA and others there is nothing to follow.
DNS_RELATIONS: Mapping[str, DnsRelation] = {
    "A": DnsRelation(Relation.RESOLVES_TO, IpAddress),
    "AAAA": DnsRelation(Relation.RESOLVES_TO, IpAddress),
    "CNAME": DnsRelation(Relation.ALIAS_OF, Domain),
    "MX": DnsRelation(Relation.MAIL_HANDLED_BY, Domain),
    "NS": DnsRelation(Relation.DELEGATED_TO, Domain),
}
#: What has kept records of the past says of each of them.
PAST_RECORD_COLUMNS = (
    "dns_question_name",
    "dns_answer_type",
    "dns_resolved_ip",
    "dns_answer_data",
    "observed_first",
    "observed_last",
)
