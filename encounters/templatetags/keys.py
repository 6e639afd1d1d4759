"""The keys of the page at hand, for its sheet and for its scripts."""

from django import template
from django.template import RequestContext

from encounters import keys

register = template.Library()


@register.simple_tag(takes_context=True)
def keymap(context: RequestContext) -> dict[str, object]:
    """What the browser has to know of the keys of this page."""
    return keys.keymap(_own(context), view_name=_view_name(context))


@register.simple_tag(takes_context=True)
def key_sheet(context: RequestContext) -> list[tuple[keys.Place, list[tuple[keys.Key, str]]]]:
    """The keys of this page by place, each as it is printed for the person."""
    return keys.sheet(_own(context), view_name=_view_name(context) or "none")


def _own(context: RequestContext) -> keys.OwnKeys:
    request = context.get("request")
    return keys.own_keys(getattr(request, "session", None))


def _view_name(context: RequestContext) -> str:
    match = getattr(context.get("request"), "resolver_match", None)
    return match.view_name if match else ""
