"""From lines to sound: what is said when, and what of it was heard."""
