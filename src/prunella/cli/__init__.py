"""The command line: thin; every verb is a few lines over the rooms below."""
