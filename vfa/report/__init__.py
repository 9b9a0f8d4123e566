"""Assessment → files and tables that people and programs read."""
