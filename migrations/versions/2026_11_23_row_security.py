"""Beneath the checks of the app PostgreSQL itself keeps the rows of an estate to that estate's requests."""

from migrations.estates import confine, release

revision = "2026_11_23_row_security"
down_revision = "2026_11_23_count_index"
branch_labels = None
depends_on = None

TABLES = (
    "answer_sheet",
    "answer_template",
    "api_client",
    "appeal",
    "catalogue_item",
    "claim",
    "clock_rule",
    "consultation_settings",
    "content_report",
    "cost_line",
    "credit_choice",
    "credit_cursor",
    "credit_entry",
    "credit_honour",
    "credit_look",
    "credit_member",
    "credit_rate",
    "credit_redemption",
    "credit_reward",
    "facility",
    "fault_count",
    "fee_charge",
    "fee_service",
    "fee_total",
    "guide",
    "guide_link",
    "guide_question",
    "hardship",
    "household_code",
    "inspection",
    "inspection_plan",
    "local_phone",
    "maintenance_settings",
    "mediation_case",
    "meeting",
    "minutes",
    "moderation_act",
    "mute",
    "order_appeal",
    "order_photo",
    "owner",
    "party",
    "place",
    "post",
    "project",
    "proposal",
    "publication",
    "rates_snapshot",
    "register_import",
    "representative_naming",
    "responsibility",
    "rule_text",
    "season",
    "service_deed",
    "staff_binding",
    "stored_file",
    "survey",
    "thread",
    "trail_head",
    "trail_row",
    "unit",
    "vote",
    "warranty_item",
    "work_order",
)


def upgrade() -> None:
    confine(TABLES)


def downgrade() -> None:
    release(TABLES)
