"""Django's own commands, for developers: ``.venv-test/bin/python manage.py makemigrations``."""

import sys

from kangqu.site.start import open_house

if __name__ == "__main__":
    open_house()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
