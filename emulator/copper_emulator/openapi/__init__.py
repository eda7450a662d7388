"""The emulated API as an OpenAPI 3.1 document, made from the tables that the API itself uses."""

from copper_emulator.openapi.document import describe

__all__ = ["describe"]
