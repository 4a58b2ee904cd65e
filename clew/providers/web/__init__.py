"""The way to web services: `HttpRequest` is what an operation yields; `channel` sends it, layer by layer."""

from clew.providers.base import Batch
from clew.providers.web.http_request import HttpRequest, SecretLocation

__all__ = ["Batch", "HttpRequest", "SecretLocation"]
