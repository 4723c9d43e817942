"""The first tables of the data keys' database."""

from alembic import op

from personalization.store.schema import KEYS

revision = "keys_0001"
down_revision = None
branch_labels = None
depends_on = None

FIRST = ("keys", "keys_state")


def upgrade() -> None:
    KEYS.create_all(op.get_bind(), tables=[KEYS.tables[name] for name in FIRST], checkfirst=False)


def downgrade() -> None:
    KEYS.drop_all(op.get_bind(), tables=[KEYS.tables[name] for name in FIRST])
