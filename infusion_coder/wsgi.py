"""What a WSGI server such as gunicorn loads."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "infusion_coder.settings")

application = get_wsgi_application()

# Only now are the models there.
from infusion_coder.warming import warm  # noqa: E402

warm()
