"""Stories that cross systems, told through the pages."""
