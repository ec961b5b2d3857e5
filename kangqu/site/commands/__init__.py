"""The commands of ``kangqu``, one file each, found by name.

A command is a module here with either a function ``command`` or, for a command of several words (``kangqu import
residents``), a ``typer.Typer`` called ``group``. The file's name is the command's: ``verify_code.py`` is
``kangqu verify-code``, ``import_.py`` is ``kangqu import``. At the top it imports typer and the standard library only;
everything else is imported when it runs, so that ``kangqu --help`` answers at once::

    def command(people: Annotated[int, typer.Option(help="居民人数 / residents", min=1)] = 5_000) -> None:
        \"\"\"造一座合成城市。 / Make a synthetic city.\"\"\"
        open_house(migrate=True)                      # server up, tables at this version, Django ready
        from kangqu.site.city.make import make_city   # only now
        make_city(people, at=system_clock())

``Refused`` and ``Trouble`` may be raised from anywhere: ``main`` turns them into sentences and exit codes 1 and 2.
A file whose name begins with an underscore is no command.
"""
