"""`python -m voice` is `candide`."""

from voice.cli import main

main()
