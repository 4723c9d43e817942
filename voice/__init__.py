"""Sound and time: hearing, speaking, taking turns, channels, engines, the command line.

Importing this package loads no model and no heavy library: each is loaded at its first use.
"""

__version__ = "0.1.0"
