"""Encoded command lines made readable, with what they name. Nobody is asked."""

from __future__ import annotations

from typing import ClassVar

from clew.entities import Fact, Finding, Link, Outcome, Process, Relation, Severity, Verdict
from clew.providers.base import Provider, operation
from clew.transforms.command_lines import decode_command_line
from clew.transforms.indicators import extract


class Decoder(Provider):
    """Decodes what command lines hide. Nobody is asked."""

    name: ClassVar[str] = "decoder"
    title: ClassVar[str] = "command line decoder"
    docs: ClassVar[str] = "https://attack.mitre.org/techniques/T1027/010/"

    @operation(facts=("decoded", "layers"))
    def process(self, process: Process) -> Finding:
        """The script that a command line encodes, and the indicators in it."""
        tree = decode_command_line(process.command_line or "")
        texts = [layer.text for _, layer in tree.walk()]
        if not texts:
            reason = "no encoded command" if process.command_line else "its command line is not known"
            return Finding(process, outcome=Outcome.NOTHING, reason=reason)
        entities = dict.fromkeys(mention.entity for text in texts for mention in extract(text, is_script=True))
        return Finding(
            process,
            verdict=Verdict.SUSPICIOUS,
            severity=Severity.MEDIUM if entities else Severity.LOW,
            reason=f"encoded command: {texts[0]}",
            reference=self.docs,
            facts=(Fact("decoded", "\n\n".join(texts)), Fact("layers", len(texts))),
            links=tuple(Link(process, Relation.DECODED_TO, entity, inferred=True) for entity in entities),
            returned=len(texts),
            available=None if tree.cut_reason else len(texts),
            truncated_by=tree.cut_reason,
        )
