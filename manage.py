#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys

from infusion_coder import command_line


def main() -> None:
    """The command named in the arguments has run, with a database and a broker to speak to."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "infusion_coder.settings")
    from django.core.management import execute_from_command_line  # noqa: PLC0415 -- settings are named first

    with command_line.servers_for(sys.argv):
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
