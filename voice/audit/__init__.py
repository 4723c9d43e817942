"""Audits: promises kept in the journals, the store's security, the papers, and who is offered what."""
