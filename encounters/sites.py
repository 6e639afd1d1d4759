"""What a person sees of the sites: those they are assigned to, or all where they are assigned to none."""

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Exists, Q

from encounters.models import SiteAssignment


def seen_by(user: User | AnonymousUser, path: str = "location") -> Q:
    """Rows of the sites that the user works for; `path` leads from a row to its location.

    A row without a location is seen by those only who work for every site. It is decided within the query that it
    narrows, so that nothing lies between the question and the answer.
    """
    mine = SiteAssignment.objects.filter(user=user.pk)
    return ~Q(Exists(mine)) | Q(**{f"{path}__in": mine.values("location")})


def sites_of(user: User) -> list[int]:
    """The sites that the user works for, in order; none where they work for all of them."""
    return list(SiteAssignment.objects.filter(user=user).order_by("location").values_list("location", flat=True))


def is_bound(user: User | AnonymousUser) -> Exists:
    """Whether the user works for some sites only, as an expression."""
    return Exists(SiteAssignment.objects.filter(user=user.pk))
