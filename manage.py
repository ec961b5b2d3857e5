"""Django's own commands, for developers: ``.venv-test/bin/python manage.py makemigrations``."""

import sys

from kangqu.site.start import find_database

if __name__ == "__main__":
    find_database()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
