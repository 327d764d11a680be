"""The commands of the command line, each in its file."""
