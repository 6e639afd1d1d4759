"""The body of a message, as it came: intake reads it itself, so that places and exact amounts survive."""

from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.exceptions import APIException
from rest_framework.parsers import BaseParser


class MessageTooLarge(APIException):
    """The body is larger than this installation reads."""

    status_code = 413
    default_code = "too_large"

    def __init__(self) -> None:
        """Names the limit."""
        megabytes = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024 // 1024
        super().__init__(f"The message is larger than {megabytes} MB. Send it in parts, or as a file.")


class MessageParser(BaseParser):
    """Hands the bytes of a JSON body on unread."""

    media_type = "application/json"

    def parse(  # type: ignore[override]  # the stubs know no parser that leaves a body alone
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> bytes:
        """The bytes; raises MessageTooLarge."""
        body = stream.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        if len(body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise MessageTooLarge
        return bytes(body)
