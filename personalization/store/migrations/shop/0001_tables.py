"""The first tables of a shop."""

from alembic import op

from personalization.store.schema import SHOP

revision = "shop_0001"
down_revision = None
branch_labels = None
depends_on = None

# A later migration that changes one of these tables must be told apart here by name: `schema` shows the newest shape.
FIRST = (
    "shop", "categories", "stores", "products", "customers", "purchases", "orders", "consents", "credentials",
    "attempts", "erasures", "suppressed", "imports", "ledger", "ledger_state",
)  # fmt: skip


def upgrade() -> None:
    SHOP.create_all(op.get_bind(), tables=[SHOP.tables[name] for name in FIRST], checkfirst=False)


def downgrade() -> None:
    SHOP.drop_all(op.get_bind(), tables=[SHOP.tables[name] for name in FIRST])
