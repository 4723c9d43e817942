"""Ways in and out for sound: a recorded call, and later the kiosk and the telephone lines."""

from voice.channels.channel import FRAME_SECONDS, Channel, Floor, Tick

__all__ = ["FRAME_SECONDS", "Channel", "Floor", "Tick"]
