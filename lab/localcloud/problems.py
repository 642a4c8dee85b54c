"""The error that a person at the terminal sees."""


class LabError(Exception):
    """Something the operator has to know; the message names the thing and the way out."""
