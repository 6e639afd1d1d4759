"""How lists of the REST interface are cut into pages."""

from rest_framework.pagination import LimitOffsetPagination


class BoundedPagination(LimitOffsetPagination):
    """`limit` rows from `offset`; no request may ask for the whole table at once."""

    max_limit = 500
