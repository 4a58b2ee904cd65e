"""The way to web services: `HttpRequest` is what an operation yields; `http_channel` sends it, step by step."""

from clew.providers.base import Batch
from clew.providers.web.http_request import HttpRequest, SecretLocation

__all__ = ["Batch", "HttpRequest", "SecretLocation"]
