"""What an audit of the customer's floor measures: shares with their intervals, findings, papers, groups."""
