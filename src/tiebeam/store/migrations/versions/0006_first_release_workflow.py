"""First release workflow."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006_first_release_workflow"
down_revision = "0005_first_release_workforce"


def upgrade() -> None:
    _make_batch()
    _make_evaluation()
    _make_invoice_register()
    _make_pinned_recipe()
    _make_promotion()
    _make_reference_dataset()
    _make_document()
    _make_invoice_claim()
    _make_reference_order()
    _make_reference_receipt()
    _make_reference_supplier()
    _make_reference_supplier_key()
    _make_run()
    _make_run_step()


def _make_batch() -> None:
    op.create_table(
        "batch",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("intent", sa.String(length=160), nullable=False),
        sa.Column("recipe_hash", sa.String(length=64), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("dataset", sa.String(length=64), nullable=True),
        sa.Column("accepted_by", sa.String(length=160), nullable=False),
        sa.Column("accepted_at", sa.Text(), nullable=False),
        sa.Column("finished_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
    )


def _make_evaluation() -> None:
    op.create_table(
        "evaluation",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("recipe", sa.String(length=160), nullable=False),
        sa.Column("recipe_hash", sa.String(length=64), nullable=False),
        sa.Column("set_id", sa.String(length=160), nullable=False),
        sa.Column("set_hash", sa.String(length=64), nullable=False),
        sa.Column("passed_cases", sa.Integer(), nullable=False),
        sa.Column("total_cases", sa.Integer(), nullable=False),
        sa.Column("results", sa.Text(), nullable=False),
        sa.Column("evaluated_by", sa.String(length=160), nullable=False),
        sa.Column("evaluated_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation")),
    )
    op.create_index("evaluation_by_recipe", "evaluation", ["recipe", "evaluated_at"], unique=False)


def _make_invoice_register() -> None:
    op.create_table(
        "invoice_register",
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("arrival", sa.Integer(), nullable=False),
        sa.Column("received_on", sa.Text(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("invoice", sa.Text(), nullable=False),
        sa.Column("dataset", sa.Text(), nullable=True),
        sa.Column("supplier_key", sa.Text(), nullable=True),
        sa.Column("number_key", sa.Text(), nullable=False),
        sa.Column("is_credit_note", sa.Boolean(), nullable=False),
        sa.Column("claim", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("cost_centre", sa.Text(), nullable=True),
        sa.Column("registered_at", sa.Text(), nullable=False),
        sa.Column("settled_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_invoice_register")),
        sa.UniqueConstraint("position", name=op.f("uq_invoice_register_position")),
    )
    op.create_index(
        op.f("ix_invoice_register_supplier_key_number_key"),
        "invoice_register",
        ["supplier_key", "number_key"],
        unique=False,
    )
    op.create_index(
        op.f("ix_invoice_register_supplier_key_state_position"),
        "invoice_register",
        ["supplier_key", "state", "position"],
        unique=False,
    )


def _make_pinned_recipe() -> None:
    op.create_table(
        "pinned_recipe",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("recipe", sa.String(length=160), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("pinned_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_pinned_recipe")),
    )


def _make_promotion() -> None:
    op.create_table(
        "promotion",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("intent", sa.String(length=160), nullable=False),
        sa.Column("recipe", sa.String(length=160), nullable=False),
        sa.Column("recipe_hash", sa.String(length=64), nullable=False),
        sa.Column("from_state", sa.String(length=16), nullable=False),
        sa.Column("to_state", sa.String(length=16), nullable=False),
        sa.Column("gates", sa.Text(), nullable=False),
        sa.Column("override_reason", sa.Text(), nullable=True),
        sa.Column("override_until", sa.String(length=10), nullable=True),
        sa.Column("promoted_by", sa.String(length=160), nullable=False),
        sa.Column("promoted_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_promotion")),
    )
    op.create_index("promotion_by_intent", "promotion", ["intent", "seq"], unique=False)


def _make_reference_dataset() -> None:
    op.create_table(
        "reference_dataset",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("receipts", sa.Integer(), nullable=False),
        sa.Column("suppliers", sa.Integer(), nullable=False),
        sa.Column("imported_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_reference_dataset")),
    )


def _make_document() -> None:
    op.create_table(
        "document",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("batch_id", sa.String(length=40), nullable=False),
        sa.Column("run_id", sa.String(length=40), nullable=False),
        sa.Column("arrival", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("received_at", sa.String(length=10), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("syntax", sa.String(length=40), nullable=True),
        sa.Column("invoice", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("error_code", sa.String(length=40), nullable=True),
        sa.Column("found", sa.Text(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("read_at", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_document_batch_id_batch")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint("arrival", name=op.f("uq_document_arrival")),
        sa.UniqueConstraint("run_id", name=op.f("uq_document_run_id")),
        sa.UniqueConstraint("source", "sha256", name="document_source"),
    )
    op.create_index("document_by_batch", "document", ["batch_id", "arrival"], unique=False)
    op.create_index("document_by_content", "document", ["sha256"], unique=False)


def _make_invoice_claim() -> None:
    op.create_table(
        "invoice_claim",
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["invoice_register.document_id"],
            name=op.f("fk_invoice_claim_document_id_invoice_register"),
        ),
        sa.PrimaryKeyConstraint("document_id", "order_id", name=op.f("pk_invoice_claim")),
    )
    op.create_index(op.f("ix_invoice_claim_order_id"), "invoice_claim", ["order_id"], unique=False)


def _make_reference_order() -> None:
    op.create_table(
        "reference_order",
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("number_key", sa.Text(), nullable=False),
        sa.Column("supplier_id", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset"], ["reference_dataset.digest"], name=op.f("fk_reference_order_dataset_reference_dataset")
        ),
        sa.PrimaryKeyConstraint("dataset", "order_id", name=op.f("pk_reference_order")),
    )
    op.create_index(
        op.f("ix_reference_order_dataset_number_key"), "reference_order", ["dataset", "number_key"], unique=False
    )
    op.create_index(
        op.f("ix_reference_order_dataset_supplier_id"), "reference_order", ["dataset", "supplier_id"], unique=False
    )


def _make_reference_receipt() -> None:
    op.create_table(
        "reference_receipt",
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset"], ["reference_dataset.digest"], name=op.f("fk_reference_receipt_dataset_reference_dataset")
        ),
        sa.PrimaryKeyConstraint("dataset", "order_id", "position", name=op.f("pk_reference_receipt")),
    )


def _make_reference_supplier() -> None:
    op.create_table(
        "reference_supplier",
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("supplier_id", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset"], ["reference_dataset.digest"], name=op.f("fk_reference_supplier_dataset_reference_dataset")
        ),
        sa.PrimaryKeyConstraint("dataset", "supplier_id", name=op.f("pk_reference_supplier")),
    )


def _make_reference_supplier_key() -> None:
    op.create_table(
        "reference_supplier_key",
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("supplier_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset"], ["reference_dataset.digest"], name=op.f("fk_reference_supplier_key_dataset_reference_dataset")
        ),
        sa.PrimaryKeyConstraint("dataset", "kind", "key", "supplier_id", name=op.f("pk_reference_supplier_key")),
    )


def _make_run() -> None:
    op.create_table(
        "run",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("intent", sa.String(length=160), nullable=False),
        sa.Column("recipe", sa.String(length=160), nullable=False),
        sa.Column("recipe_hash", sa.String(length=64), nullable=False),
        sa.Column("team", sa.String(length=160), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("document_id", sa.String(length=40), nullable=True),
        sa.Column("batch_id", sa.String(length=40), nullable=True),
        sa.Column("decision", sa.String(length=40), nullable=True),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("counterparty", sa.Text(), nullable=True),
        sa.Column("amount", sa.Text(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("input", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("started_by", sa.String(length=160), nullable=False),
        sa.Column("started_at", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["recipe_hash"], ["pinned_recipe.hash"], name=op.f("fk_run_recipe_hash_pinned_recipe")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
    )
    op.create_index("run_by_batch", "run", ["batch_id"], unique=False)
    op.create_index("run_by_intent", "run", ["intent", "started_at"], unique=False)
    op.create_index("run_by_state", "run", ["state", "started_at"], unique=False)


def _make_run_step() -> None:
    op.create_table(
        "run_step",
        sa.Column("run_id", sa.String(length=40), nullable=False),
        sa.Column("step_id", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("output", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("task_id", sa.String(length=40), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_run_step_run_id_run")),
        sa.PrimaryKeyConstraint("run_id", "step_id", name=op.f("pk_run_step")),
    )
    op.create_index("run_step_by_task", "run_step", ["task_id"], unique=False)
