"""The help of the page at hand."""

from django import template
from django.template import RequestContext

from encounters.page_help import help_of

register = template.Library()


@register.simple_tag(takes_context=True)
def page_help(context: RequestContext) -> str:
    """One paragraph, or nothing where the page has none."""
    match = getattr(context.get("request"), "resolver_match", None)
    return help_of(match.view_name) if match else ""
