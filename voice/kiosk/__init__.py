"""The kiosk: a conversation in a public place, on this machine's sound card and on a screen."""
