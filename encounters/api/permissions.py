"""Who may read and who may send over the interface; intake asks again for itself."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from encounters.intake.permission import TAKE_IN
from encounters.selectors import READ


class MayRead(BasePermission):
    """Users who may read encounters."""

    message = "Reading encounters needs the permission “view encounter”."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the user holds it."""
        return request.user.has_perm(READ)


class MayTakeIn(BasePermission):
    """Users who may send encounters in."""

    message = "Sending encounters in needs the permission “take in”."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the user holds it."""
        return request.user.has_perm(TAKE_IN)
