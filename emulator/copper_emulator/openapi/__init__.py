"""The emulated API in OpenAPI 3.1, made of the tables that the API itself reads, checks and shows by."""

from copper_emulator.openapi.document import describe

__all__ = ["describe"]
