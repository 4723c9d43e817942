"""A Twilio call passed on to a person: its TwiML is replaced by a <Dial> (REST API, "Update a Call resource")."""

from __future__ import annotations

import base64
import urllib.error
import urllib.parse
import urllib.request
from xml.sax.saxutils import escape

__all__ = ["TwilioRest"]


class TwilioRest:
    """Args:
    account: the account's SID.
    token: its auth token.
    address: of the REST interface.
    """

    def __init__(self, account: str, token: str, address: str = "https://api.twilio.com") -> None:
        self._account = account
        self._basic = base64.b64encode(f"{account}:{token}".encode()).decode()
        self._address = address.rstrip("/")

    def __call__(self, call: str, target: str) -> bool:
        """Whether Twilio took the call's new way; blocks for up to 5 s."""
        kind = "Sip" if target.startswith("sip:") else "Number"
        twiml = f"<Response><Dial><{kind}>{escape(target)}</{kind}></Dial></Response>"
        quoted = urllib.parse.quote(call, safe="")
        request = urllib.request.Request(
            f"{self._address}/2010-04-01/Accounts/{self._account}/Calls/{quoted}.json",
            urllib.parse.urlencode({"Twiml": twiml}).encode(),
            {"Authorization": f"Basic {self._basic}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return 200 <= answer.status < 300
        except (OSError, urllib.error.URLError, ValueError):
            return False
