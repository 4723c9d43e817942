"""The telephone line: calls answered, limited, passed on to people, and forgotten."""
