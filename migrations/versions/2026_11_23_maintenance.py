"""Maintenance: places, parties, work orders with their clocks, upkeep, fees, and the clients of Open311."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from migrations.guards import only_grows, put_up, take_down

revision = "2026_11_23_maintenance"
down_revision = "2026_11_23_publish_first"
branch_labels = None
depends_on = None

GUARDS = (
    *only_grows(("order_move", "order_note", "cost_line", "service_deed", "inspection_line")),
    ("order_text", "work_order", "UPDATE OF estate_id, number, source, text, answers, filed_at", "1 = 1", "a report does not change"),
    ("order_kept", "work_order", "DELETE", "1 = 1", "a report is hidden, not deleted"),
    ("handing_answered", "handing", "UPDATE", "OLD.reply IS NOT NULL", "an answer of a party stands"),
    ("handing_kept", "handing", "DELETE", "1 = 1", "a handing is kept"),
    ("clock_term", "order_clock", "UPDATE OF measure, amount, hours, every_day, started_at", "1 = 1", "an order keeps the term it was given"),
    ("rule_fixed", "clock_rule", "UPDATE OF clock, measure, amount, category, urgency, party_id, place, valid_from", "1 = 1", "a rule does not change, a later one follows it"),
    ("rule_kept", "clock_rule", "DELETE", "1 = 1", "a rule ends, it is not deleted"),
    ("inspection_done", "inspection", "UPDATE", "OLD.done_at IS NOT NULL", "a done round does not change"),
)


def upgrade() -> None:
    op.create_table('calendar_day',
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('workday', sa.Boolean(), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('source', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.PrimaryKeyConstraint('day', 'version', name=op.f('pk_calendar_day'))
    )
    op.create_table('calendar_year',
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('source', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('loaded_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('year', name=op.f('pk_calendar_year'))
    )
    op.create_table('service_change',
    sa.Column('fingerprint', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('fingerprint', name=op.f('pk_service_change'))
    )
    op.create_table('api_client',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('contact', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('key_hash', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('daily', sa.Integer(), nullable=False),
    sa.Column('created_by', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('seen_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('ended_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['created_by'], ['account.id'], name=op.f('fk_api_client_created_by')),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_api_client_estate_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_client')),
    sa.UniqueConstraint('key_hash', name=op.f('uq_api_client_key_hash'))
    )
    with op.batch_alter_table('api_client', schema=None) as batch_op:
        batch_op.create_index('ix_api_client_estate', ['estate_id'], unique=False)

    op.create_table('calendar_version',
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('note', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('by', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['by'], ['account.id'], name=op.f('fk_calendar_version_by')),
    sa.PrimaryKeyConstraint('version', name=op.f('pk_calendar_version'))
    )
    op.create_table('fault_count',
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('building', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('open', sa.Integer(), nullable=False),
    sa.CheckConstraint('open >= 0', name=op.f('ck_fault_count_open_not_negative')),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_fault_count_estate_id')),
    sa.PrimaryKeyConstraint('estate_id', 'building', name=op.f('pk_fault_count'))
    )
    op.create_table('local_phone',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('danger', sqlmodel.sql.sqltypes.AutoString(length=24), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('number', sqlmodel.sql.sqltypes.AutoString(length=30), nullable=False),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_local_phone_estate_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_local_phone')),
    sa.UniqueConstraint('estate_id', 'danger', 'number', name=op.f('uq_local_phone_estate_id_danger_number'))
    )
    op.create_table('maintenance_settings',
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('reopen_days', sa.Integer(), nullable=False),
    sa.Column('recurrence_days', sa.Integer(), nullable=False),
    sa.Column('zipcode', sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_maintenance_settings_estate_id')),
    sa.PrimaryKeyConstraint('estate_id', name=op.f('pk_maintenance_settings'))
    )
    op.create_table('party',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('contractor', 'property', 'utility', 'department', 'lift_firm', 'committee', name='kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('contact', sqlmodel.sql.sqltypes.AutoString(length=50), nullable=False),
    sa.Column('phone', sqlmodel.sql.sqltypes.AutoString(length=30), nullable=False),
    sa.Column('hours', sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
    sa.Column('every_day', sa.Boolean(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('ended_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_party_estate_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_party')),
    sa.UniqueConstraint('estate_id', 'id', name=op.f('uq_party_estate_id_id')),
    sa.UniqueConstraint('estate_id', 'name', name=op.f('uq_party_estate_id_name'))
    )
    with op.batch_alter_table('party', schema=None) as batch_op:
        batch_op.create_index('uq_party_committee', ['estate_id'], unique=True, sqlite_where=sa.text("kind = 'committee'"), postgresql_where=sa.text("kind = 'committee'"))

    op.create_table('place',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('parent_id', sa.Uuid(), nullable=True),
    sa.Column('kind', sa.Enum('estate', 'grounds', 'building', 'entrance', 'floor', 'facility', name='place_kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('building', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('entrance', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('floor', sa.Integer(), nullable=True),
    sa.Column('code', sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
    sa.Column('lat', sa.Integer(), nullable=True),
    sa.Column('long', sa.Integer(), nullable=True),
    sa.Column('retired_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.CheckConstraint("(kind = 'estate') = (parent_id IS NULL)", name=op.f('ck_place_estate_is_root')),
    sa.CheckConstraint('(lat IS NULL) = (long IS NULL)', name=op.f('ck_place_both_coordinates')),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_place_estate_id')),
    sa.ForeignKeyConstraint(['parent_id'], ['place.id'], name=op.f('fk_place_parent_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_place')),
    sa.UniqueConstraint('code', name=op.f('uq_place_code')),
    sa.UniqueConstraint('estate_id', 'id', name=op.f('uq_place_estate_id_id'))
    )
    with op.batch_alter_table('place', schema=None) as batch_op:
        batch_op.create_index('ix_place_estate_building', ['estate_id', 'building', 'entrance'], unique=False)
        batch_op.create_index('ix_place_parent', ['parent_id'], unique=False)

    op.create_table('rates_snapshot',
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('document', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_rates_snapshot_estate_id')),
    sa.PrimaryKeyConstraint('estate_id', name=op.f('pk_rates_snapshot'))
    )
    op.create_table('season',
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('heating', 'cooling', name='season_kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('first_day', sa.Date(), nullable=False),
    sa.Column('last_day', sa.Date(), nullable=False),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_season_estate_id')),
    sa.PrimaryKeyConstraint('estate_id', 'kind', 'first_day', name=op.f('pk_season'))
    )
    op.create_table('answer_template',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('party_id', sa.Uuid(), nullable=True),
    sa.Column('category', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('title', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('text', sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
    sa.Column('retired_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_answer_template_estate_id')),
    sa.ForeignKeyConstraint(['party_id'], ['party.id'], name=op.f('fk_answer_template_party_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_answer_template'))
    )
    with op.batch_alter_table('answer_template', schema=None) as batch_op:
        batch_op.create_index('ix_answer_template_estate', ['estate_id', 'party_id'], unique=False)

    op.create_table('clock_rule',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('clock', sa.Enum('response', 'party_response', 'refusal', 'repair', 'rework', 'confirm', 'appeal', name='clock', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('measure', sa.Enum('clock_hours', 'working_hours', 'calendar_days', 'working_days', name='measure', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('amount', sa.Integer(), nullable=False),
    sa.Column('category', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('urgency', sa.Enum('urgent', 'ordinary', 'complex', name='urgency', native_enum=False, create_constraint=True, length=24), nullable=True),
    sa.Column('party_id', sa.Uuid(), nullable=True),
    sa.Column('place', sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
    sa.Column('source', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('recorded_by', sa.Uuid(), nullable=False),
    sa.Column('recorded_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.CheckConstraint('amount > 0', name=op.f('ck_clock_rule_amount_positive')),
    sa.CheckConstraint('valid_to IS NULL OR valid_to >= valid_from', name=op.f('ck_clock_rule_days_in_order')),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_clock_rule_estate_id')),
    sa.ForeignKeyConstraint(['party_id'], ['party.id'], name=op.f('fk_clock_rule_party_id')),
    sa.ForeignKeyConstraint(['recorded_by'], ['account.id'], name=op.f('fk_clock_rule_recorded_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_clock_rule'))
    )
    with op.batch_alter_table('clock_rule', schema=None) as batch_op:
        batch_op.create_index('ix_clock_rule_estate', ['estate_id', 'clock', 'valid_from'], unique=False)

    op.create_table('fee_service',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('title', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('text', sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
    sa.Column('party_id', sa.Uuid(), nullable=True),
    sa.Column('basis', sa.Enum('home', 'area', name='fee_basis', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('price', sa.BigInteger(), nullable=False),
    sa.Column('document', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('vote_id', sa.Uuid(), nullable=True),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('recorded_by', sa.Uuid(), nullable=False),
    sa.Column('recorded_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.CheckConstraint('price >= 0', name=op.f('ck_fee_service_price_not_negative')),
    sa.CheckConstraint('valid_to IS NULL OR valid_to >= valid_from', name=op.f('ck_fee_service_days_in_order')),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_fee_service_estate_id')),
    sa.ForeignKeyConstraint(['party_id'], ['party.id'], name=op.f('fk_fee_service_party_id')),
    sa.ForeignKeyConstraint(['recorded_by'], ['account.id'], name=op.f('fk_fee_service_recorded_by')),
    sa.ForeignKeyConstraint(['vote_id'], ['vote.id'], name=op.f('fk_fee_service_vote_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_fee_service')),
    sa.UniqueConstraint('estate_id', 'id', name=op.f('uq_fee_service_estate_id_id'))
    )
    op.create_table('inspection_plan',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('place_id', sa.Uuid(), nullable=False),
    sa.Column('party_id', sa.Uuid(), nullable=False),
    sa.Column('category', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('title', sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
    sa.Column('rule', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('counted_from', sa.Enum('planned', 'done', name='counted_from', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('source', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('checklist', sa.JSON(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.Column('ended_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('recorded_by', sa.Uuid(), nullable=False),
    sa.Column('recorded_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.CheckConstraint('ends_on IS NULL OR ends_on >= starts_on', name=op.f('ck_inspection_plan_days_in_order')),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_inspection_plan_estate_id')),
    sa.ForeignKeyConstraint(['party_id'], ['party.id'], name=op.f('fk_inspection_plan_party_id')),
    sa.ForeignKeyConstraint(['place_id'], ['place.id'], name=op.f('fk_inspection_plan_place_id')),
    sa.ForeignKeyConstraint(['recorded_by'], ['account.id'], name=op.f('fk_inspection_plan_recorded_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_inspection_plan')),
    sa.UniqueConstraint('estate_id', 'id', name=op.f('uq_inspection_plan_estate_id_id'))
    )
    op.create_table('party_staff',
    sa.Column('party_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('since', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('ended_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_party_staff_account_id')),
    sa.ForeignKeyConstraint(['party_id'], ['party.id'], name=op.f('fk_party_staff_party_id')),
    sa.PrimaryKeyConstraint('party_id', 'account_id', name=op.f('pk_party_staff'))
    )
    with op.batch_alter_table('party_staff', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_party_staff_account_id'), ['account_id'], unique=False)

    op.create_table('responsibility',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('party_id', sa.Uuid(), nullable=False),
    sa.Column('place_id', sa.Uuid(), nullable=True),
    sa.Column('family', sa.Enum('water', 'power', 'envelope', 'roads', 'lift', 'fire', 'ageing', 'green', 'order', 'other', name='family', native_enum=False, create_constraint=True, length=24), nullable=True),
    sa.Column('basis', sa.Enum('warranty', 'contract', 'hand_over', 'statute', 'ruling', 'default', name='basis', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('document', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('recorded_by', sa.Uuid(), nullable=False),
    sa.Column('recorded_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.CheckConstraint('valid_to IS NULL OR valid_to >= valid_from', name=op.f('ck_responsibility_days_in_order')),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_responsibility_estate_id')),
    sa.ForeignKeyConstraint(['party_id'], ['party.id'], name=op.f('fk_responsibility_party_id')),
    sa.ForeignKeyConstraint(['place_id'], ['place.id'], name=op.f('fk_responsibility_place_id')),
    sa.ForeignKeyConstraint(['recorded_by'], ['account.id'], name=op.f('fk_responsibility_recorded_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_responsibility'))
    )
    with op.batch_alter_table('responsibility', schema=None) as batch_op:
        batch_op.create_index('ix_responsibility_estate', ['estate_id', 'valid_from'], unique=False)

    op.create_table('fee_charge',
    sa.Column('unit_id', sa.Uuid(), nullable=False),
    sa.Column('service_id', sa.Uuid(), nullable=False),
    sa.Column('month', sqlmodel.sql.sqltypes.AutoString(length=7), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.Enum('due', 'paid', 'relieved', name='charge_state', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('settled_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('settled_by', sa.Uuid(), nullable=True),
    sa.Column('receipt', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.CheckConstraint('amount >= 0', name=op.f('ck_fee_charge_amount_not_negative')),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_fee_charge_estate_id')),
    sa.ForeignKeyConstraint(['service_id'], ['fee_service.id'], name=op.f('fk_fee_charge_service_id')),
    sa.ForeignKeyConstraint(['settled_by'], ['account.id'], name=op.f('fk_fee_charge_settled_by')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_fee_charge_unit_id')),
    sa.PrimaryKeyConstraint('unit_id', 'service_id', 'month', name=op.f('pk_fee_charge'))
    )
    with op.batch_alter_table('fee_charge', schema=None) as batch_op:
        batch_op.create_index('ix_fee_charge_month', ['estate_id', 'month', 'state'], unique=False)
        batch_op.create_index('ix_fee_charge_unit', ['unit_id', 'month'], unique=False)

    op.create_table('fee_total',
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('service_id', sa.Uuid(), nullable=False),
    sa.Column('month', sqlmodel.sql.sqltypes.AutoString(length=7), nullable=False),
    sa.Column('homes', sa.Integer(), nullable=False),
    sa.Column('homes_paid', sa.Integer(), nullable=False),
    sa.Column('homes_relieved', sa.Integer(), nullable=False),
    sa.Column('charged', sa.BigInteger(), nullable=False),
    sa.Column('paid', sa.BigInteger(), nullable=False),
    sa.Column('relieved', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_fee_total_estate_id')),
    sa.ForeignKeyConstraint(['service_id'], ['fee_service.id'], name=op.f('fk_fee_total_service_id')),
    sa.PrimaryKeyConstraint('estate_id', 'service_id', 'month', name=op.f('pk_fee_total'))
    )
    op.create_table('hardship',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
    sa.Column('first_month', sqlmodel.sql.sqltypes.AutoString(length=7), nullable=False),
    sa.Column('last_month', sqlmodel.sql.sqltypes.AutoString(length=7), nullable=False),
    sa.Column('by', sa.Uuid(), nullable=False),
    sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.CheckConstraint('last_month >= first_month', name=op.f('ck_hardship_months_in_order')),
    sa.ForeignKeyConstraint(['by'], ['account.id'], name=op.f('fk_hardship_by')),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_hardship_estate_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_hardship_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_hardship'))
    )
    with op.batch_alter_table('hardship', schema=None) as batch_op:
        batch_op.create_index('ix_hardship_estate', ['estate_id', 'last_month'], unique=False)
        batch_op.create_index(batch_op.f('ix_hardship_unit_id'), ['unit_id'], unique=False)

    op.create_table('inspection',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('plan_id', sa.Uuid(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('done_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('done_by', sa.Uuid(), nullable=True),
    sa.Column('inspector', sqlmodel.sql.sqltypes.AutoString(length=50), nullable=False),
    sa.Column('note', sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
    sa.ForeignKeyConstraint(['done_by'], ['account.id'], name=op.f('fk_inspection_done_by')),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_inspection_estate_id')),
    sa.ForeignKeyConstraint(['plan_id'], ['inspection_plan.id'], name=op.f('fk_inspection_plan_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_inspection')),
    sa.UniqueConstraint('plan_id', 'due_on', name=op.f('uq_inspection_plan_id_due_on'))
    )
    with op.batch_alter_table('inspection', schema=None) as batch_op:
        batch_op.create_index('ix_inspection_estate_due', ['estate_id', 'done_at', 'due_on'], unique=False)

    op.create_table('service_deed',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('service_id', sa.Uuid(), nullable=False),
    sa.Column('month', sqlmodel.sql.sqltypes.AutoString(length=7), nullable=False),
    sa.Column('text', sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
    sa.Column('photo_id', sa.Uuid(), nullable=True),
    sa.Column('by', sa.Uuid(), nullable=False),
    sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['by'], ['account.id'], name=op.f('fk_service_deed_by')),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_service_deed_estate_id')),
    sa.ForeignKeyConstraint(['photo_id'], ['stored_file.id'], name=op.f('fk_service_deed_photo_id')),
    sa.ForeignKeyConstraint(['service_id'], ['fee_service.id'], name=op.f('fk_service_deed_service_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_service_deed'))
    )
    with op.batch_alter_table('service_deed', schema=None) as batch_op:
        batch_op.create_index('ix_service_deed_month', ['estate_id', 'month'], unique=False)

    op.create_table('facility',
    sa.Column('place_id', sa.Uuid(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('family', sa.Enum('water', 'power', 'envelope', 'roads', 'lift', 'fire', 'ageing', 'green', 'order', 'other', name='family', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('project_id', sa.Uuid(), nullable=True),
    sa.Column('lot', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('supervisor', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('installed_on', sa.Date(), nullable=True),
    sa.Column('registration', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('certificate_until', sa.Date(), nullable=True),
    sa.Column('note', sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_facility_estate_id')),
    sa.ForeignKeyConstraint(['place_id'], ['place.id'], name=op.f('fk_facility_place_id')),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_facility_project_id')),
    sa.PrimaryKeyConstraint('place_id', name=op.f('pk_facility'))
    )
    with op.batch_alter_table('facility', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_facility_estate_id'), ['estate_id'], unique=False)

    op.create_table('warranty_item',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('place_id', sa.Uuid(), nullable=False),
    sa.Column('family', sa.Enum('water', 'power', 'envelope', 'roads', 'lift', 'fire', 'ageing', 'green', 'order', 'other', name='family', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('title', sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
    sa.Column('warranty_class', sa.Enum('structure', 'waterproofing', 'heating', 'cooling', 'installation', 'insulation', 'agreed', name='warranty_class', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('accepted_on', sa.Date(), nullable=True),
    sa.Column('agreed', sa.Integer(), nullable=True),
    sa.Column('last_day', sa.Date(), nullable=True),
    sa.Column('contractor_id', sa.Uuid(), nullable=True),
    sa.Column('project_id', sa.Uuid(), nullable=True),
    sa.Column('lot', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('supervisor', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('document', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('recorded_by', sa.Uuid(), nullable=False),
    sa.Column('recorded_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['contractor_id'], ['party.id'], name=op.f('fk_warranty_item_contractor_id')),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_warranty_item_estate_id')),
    sa.ForeignKeyConstraint(['place_id'], ['place.id'], name=op.f('fk_warranty_item_place_id')),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_warranty_item_project_id')),
    sa.ForeignKeyConstraint(['recorded_by'], ['account.id'], name=op.f('fk_warranty_item_recorded_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_warranty_item')),
    sa.UniqueConstraint('estate_id', 'id', name=op.f('uq_warranty_item_estate_id_id'))
    )
    with op.batch_alter_table('warranty_item', schema=None) as batch_op:
        batch_op.create_index('ix_warranty_item_estate_last', ['estate_id', 'last_day'], unique=False)
        batch_op.create_index('ix_warranty_item_place', ['place_id'], unique=False)

    op.create_table('warranty_reminder',
    sa.Column('item_id', sa.Uuid(), nullable=False),
    sa.Column('days', sa.Integer(), nullable=False),
    sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['item_id'], ['warranty_item.id'], name=op.f('fk_warranty_reminder_item_id')),
    sa.PrimaryKeyConstraint('item_id', 'days', name=op.f('pk_warranty_reminder'))
    )
    op.create_table('work_order',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('source', sa.Enum('resident', 'proxy', 'sticker', 'open311', 'hotline', 'inspection', name='source', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('reporter_id', sa.Uuid(), nullable=True),
    sa.Column('filed_by', sa.Uuid(), nullable=True),
    sa.Column('contact_name', sqlmodel.sql.sqltypes.AutoString(length=50), nullable=False),
    sa.Column('contact_phone', sqlmodel.sql.sqltypes.AutoString(length=30), nullable=False),
    sa.Column('token_hash', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=True),
    sa.Column('category', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('family', sa.Enum('water', 'power', 'envelope', 'roads', 'lift', 'fire', 'ageing', 'green', 'order', 'other', name='family', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('urgency', sa.Enum('urgent', 'ordinary', 'complex', name='urgency', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('place_id', sa.Uuid(), nullable=False),
    sa.Column('building', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('entrance', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('private', sa.Boolean(), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=True),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('answers', sa.JSON(), nullable=False),
    sa.Column('media_url', sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
    sa.Column('state', sa.Enum('submitted', 'need_info', 'assigned', 'accepted', 'in_progress', 'waiting', 'repaired', 'confirmed', 'auto_closed', 'reopened', 'duplicate', 'not_ours', 'declined', 'withdrawn', name='state', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('is_open', sa.Boolean(), nullable=False),
    sa.Column('listed', sa.Boolean(), nullable=False),
    sa.Column('held', sa.Boolean(), nullable=False),
    sa.Column('hidden_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('hidden_reason', sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
    sa.Column('party_id', sa.Uuid(), nullable=True),
    sa.Column('basis', sa.Enum('warranty', 'contract', 'hand_over', 'statute', 'ruling', 'default', name='basis', native_enum=False, create_constraint=True, length=24), nullable=True),
    sa.Column('worker_name', sqlmodel.sql.sqltypes.AutoString(length=50), nullable=False),
    sa.Column('worker_number', sqlmodel.sql.sqltypes.AutoString(length=30), nullable=False),
    sa.Column('plan', sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
    sa.Column('promised_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('cover', sa.Enum('not_accepted', 'covered', 'expired', 'unknown', name='cover', native_enum=False, create_constraint=True, length=24), nullable=True),
    sa.Column('warranty_item_id', sa.Uuid(), nullable=True),
    sa.Column('follows_id', sa.Uuid(), nullable=True),
    sa.Column('duplicate_of', sa.Uuid(), nullable=True),
    sa.Column('recipient', sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
    sa.Column('vote_id', sa.Uuid(), nullable=True),
    sa.Column('hotline_number', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=True),
    sa.Column('filed_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('changed_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('answered_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('repaired_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('closed_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('reopened', sa.Integer(), nullable=False),
    sa.Column('joiners', sa.Integer(), nullable=False),
    sa.Column('due_clock', sa.Enum('response', 'party_response', 'refusal', 'repair', 'rework', 'confirm', 'appeal', name='due_clock', native_enum=False, create_constraint=True, length=24), nullable=True),
    sa.Column('due_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('due_provisional', sa.Boolean(), nullable=False),
    sa.Column('response_due_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('overdue', sa.Boolean(), nullable=False),
    sa.Column('next_look_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('rating', sa.Enum('satisfied', 'fair', 'dissatisfied', name='rating', native_enum=False, create_constraint=True, length=24), nullable=True),
    sa.Column('call_back', sa.Enum('satisfied', 'dissatisfied', 'not_reached', name='call_back', native_enum=False, create_constraint=True, length=24), nullable=True),
    sa.Column('call_back_note', sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
    sa.Column('call_back_by', sa.Uuid(), nullable=True),
    sa.Column('call_back_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.CheckConstraint("(state = 'duplicate') = (duplicate_of IS NOT NULL)", name=op.f('ck_work_order_duplicate_of_another')),
    sa.CheckConstraint('listed = false OR (held = false AND private = false)', name=op.f('ck_work_order_listed_is_open_to_all')),
    sa.CheckConstraint('reopened >= 0 AND joiners >= 0', name=op.f('ck_work_order_counts_not_negative')),
    sa.ForeignKeyConstraint(['call_back_by'], ['account.id'], name=op.f('fk_work_order_call_back_by')),
    sa.ForeignKeyConstraint(['duplicate_of'], ['work_order.id'], name=op.f('fk_work_order_duplicate_of')),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_work_order_estate_id')),
    sa.ForeignKeyConstraint(['filed_by'], ['account.id'], name=op.f('fk_work_order_filed_by')),
    sa.ForeignKeyConstraint(['follows_id'], ['work_order.id'], name=op.f('fk_work_order_follows_id')),
    sa.ForeignKeyConstraint(['party_id'], ['party.id'], name=op.f('fk_work_order_party_id')),
    sa.ForeignKeyConstraint(['place_id'], ['place.id'], name=op.f('fk_work_order_place_id')),
    sa.ForeignKeyConstraint(['reporter_id'], ['account.id'], name=op.f('fk_work_order_reporter_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_work_order_unit_id')),
    sa.ForeignKeyConstraint(['vote_id'], ['vote.id'], name=op.f('fk_work_order_vote_id')),
    sa.ForeignKeyConstraint(['warranty_item_id'], ['warranty_item.id'], name=op.f('fk_work_order_warranty_item_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_work_order')),
    sa.UniqueConstraint('estate_id', 'hotline_number', name=op.f('uq_work_order_estate_id_hotline_number')),
    sa.UniqueConstraint('estate_id', 'id', name=op.f('uq_work_order_estate_id_id')),
    sa.UniqueConstraint('estate_id', 'number', name=op.f('uq_work_order_estate_id_number')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_work_order_token_hash'))
    )
    with op.batch_alter_table('work_order', schema=None) as batch_op:
        batch_op.create_index('ix_work_order_building_filed', ['estate_id', 'building', 'filed_at'], unique=False)
        batch_op.create_index('ix_work_order_duplicate', ['duplicate_of'], unique=False)
        batch_op.create_index('ix_work_order_follows', ['follows_id'], unique=False)
        batch_op.create_index('ix_work_order_held', ['estate_id', 'held', 'number'], unique=False)
        batch_op.create_index('ix_work_order_item', ['warranty_item_id'], unique=False)
        batch_op.create_index('ix_work_order_listed', ['estate_id', 'listed', 'number'], unique=False)
        batch_op.create_index('ix_work_order_open_building', ['estate_id', 'listed', 'is_open', 'building', 'number'], unique=False)
        batch_op.create_index('ix_work_order_listed_building', ['estate_id', 'listed', 'building', 'number'], unique=False)
        batch_op.create_index('ix_work_order_listed_category', ['estate_id', 'listed', 'category', 'number'], unique=False)
        batch_op.create_index('ix_work_order_listed_filed', ['estate_id', 'listed', 'filed_at', 'id'], unique=False)
        batch_op.create_index('ix_work_order_listed_open', ['estate_id', 'listed', 'is_open', 'number'], unique=False)
        batch_op.create_index('ix_work_order_next_look', ['next_look_at'], unique=False)
        batch_op.create_index('ix_work_order_party', ['party_id', 'is_open', 'number'], unique=False)
        batch_op.create_index('ix_work_order_party_due', ['party_id', 'is_open', 'due_at', 'number'], unique=False)
        batch_op.create_index('ix_work_order_place', ['place_id', 'family', 'filed_at'], unique=False)
        batch_op.create_index('ix_work_order_reporter', ['reporter_id', 'filed_at'], unique=False)
        batch_op.create_index('ix_work_order_state', ['estate_id', 'state', 'number'], unique=False)

    op.create_table('cost_line',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('stage', sa.Enum('estimate', 'approved', 'invoice', name='stage', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('source', sa.Enum('warranty', 'property_fee', 'common_income', 'maintenance_fund', 'government', 'residents', name='money_source', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('note', sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
    sa.Column('file_id', sa.Uuid(), nullable=True),
    sa.Column('by', sa.Uuid(), nullable=False),
    sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.CheckConstraint('amount >= 0', name=op.f('ck_cost_line_amount_not_negative')),
    sa.ForeignKeyConstraint(['by'], ['account.id'], name=op.f('fk_cost_line_by')),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_cost_line_estate_id')),
    sa.ForeignKeyConstraint(['file_id'], ['stored_file.id'], name=op.f('fk_cost_line_file_id')),
    sa.ForeignKeyConstraint(['order_id'], ['work_order.id'], name=op.f('fk_cost_line_order_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cost_line'))
    )
    with op.batch_alter_table('cost_line', schema=None) as batch_op:
        batch_op.create_index('ix_cost_line_estate', ['estate_id', 'stage', 'at'], unique=False)
        batch_op.create_index('ix_cost_line_order', ['order_id', 'at'], unique=False)

    op.create_table('handing',
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('party_id', sa.Uuid(), nullable=False),
    sa.Column('asked_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('refuse_by', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('ruled', sa.Boolean(), nullable=False),
    sa.Column('reply', sa.Enum('accepted', 'refused', name='reply', native_enum=False, create_constraint=True, length=24), nullable=True),
    sa.Column('replied_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('note', sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
    sa.ForeignKeyConstraint(['order_id'], ['work_order.id'], name=op.f('fk_handing_order_id')),
    sa.ForeignKeyConstraint(['party_id'], ['party.id'], name=op.f('fk_handing_party_id')),
    sa.PrimaryKeyConstraint('order_id', 'seq', name=op.f('pk_handing'))
    )
    op.create_table('inspection_line',
    sa.Column('inspection_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('text', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('result', sa.Enum('fine', 'failed', 'absent', name='line_result', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('note', sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['inspection_id'], ['inspection.id'], name=op.f('fk_inspection_line_inspection_id')),
    sa.ForeignKeyConstraint(['order_id'], ['work_order.id'], name=op.f('fk_inspection_line_order_id')),
    sa.PrimaryKeyConstraint('inspection_id', 'position', name=op.f('pk_inspection_line'))
    )
    op.create_table('joiner',
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('text', sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
    sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_joiner_account_id')),
    sa.ForeignKeyConstraint(['order_id'], ['work_order.id'], name=op.f('fk_joiner_order_id')),
    sa.PrimaryKeyConstraint('order_id', 'account_id', name=op.f('pk_joiner'))
    )
    with op.batch_alter_table('joiner', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_joiner_account_id'), ['account_id'], unique=False)

    op.create_table('order_appeal',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('text', sqlmodel.sql.sqltypes.AutoString(length=1000), nullable=False),
    sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('state', sa.Enum('pending', 'granted', 'refused', name='appeal_state', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(length=1000), nullable=False),
    sa.Column('decided_by', sa.Uuid(), nullable=True),
    sa.Column('decided_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_order_appeal_account_id')),
    sa.ForeignKeyConstraint(['decided_by'], ['account.id'], name=op.f('fk_order_appeal_decided_by')),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_order_appeal_estate_id')),
    sa.ForeignKeyConstraint(['order_id'], ['work_order.id'], name=op.f('fk_order_appeal_order_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_order_appeal'))
    )
    with op.batch_alter_table('order_appeal', schema=None) as batch_op:
        batch_op.create_index('ix_order_appeal_estate_state', ['estate_id', 'state', 'at'], unique=False)
        batch_op.create_index('uq_order_appeal_pending', ['order_id'], unique=True, sqlite_where=sa.text("state = 'pending'"), postgresql_where=sa.text("state = 'pending'"))

    op.create_table('order_clock',
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('clock', sa.Enum('response', 'party_response', 'refusal', 'repair', 'rework', 'confirm', 'appeal', name='clock', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('started_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('stopped_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('measure', sa.Enum('clock_hours', 'working_hours', 'calendar_days', 'working_days', name='measure', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('amount', sa.Integer(), nullable=False),
    sa.Column('extended', sa.Integer(), nullable=False),
    sa.Column('extended_reason', sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
    sa.Column('hours', sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
    sa.Column('every_day', sa.Boolean(), nullable=False),
    sa.Column('calendar_version', sa.Integer(), nullable=False),
    sa.Column('due_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('provisional', sa.Boolean(), nullable=False),
    sa.Column('told', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['order_id'], ['work_order.id'], name=op.f('fk_order_clock_order_id')),
    sa.PrimaryKeyConstraint('order_id', 'clock', 'round', name=op.f('pk_order_clock'))
    )
    op.create_table('order_move',
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('submitted', 'need_info', 'assigned', 'accepted', 'in_progress', 'waiting', 'repaired', 'confirmed', 'auto_closed', 'reopened', 'duplicate', 'not_ours', 'declined', 'withdrawn', name='move_state', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('cause', sa.Enum('reporter', 'joiner', 'party', 'first_receiver', 'committee', 'system', name='cause', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('actor_id', sa.Uuid(), nullable=False),
    sa.Column('actor_name', sqlmodel.sql.sqltypes.AutoString(length=50), nullable=False),
    sa.Column('party_id', sa.Uuid(), nullable=True),
    sa.Column('reason', sa.Enum('parts', 'access', 'weather', 'outside', 'vote', 'information', name='reason', native_enum=False, create_constraint=True, length=24), nullable=True),
    sa.Column('until', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('note', sqlmodel.sql.sqltypes.AutoString(length=1000), nullable=False),
    sa.Column('private_note', sqlmodel.sql.sqltypes.AutoString(length=1000), nullable=False),
    sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['order_id'], ['work_order.id'], name=op.f('fk_order_move_order_id')),
    sa.ForeignKeyConstraint(['party_id'], ['party.id'], name=op.f('fk_order_move_party_id')),
    sa.PrimaryKeyConstraint('order_id', 'seq', name=op.f('pk_order_move'))
    )
    op.create_table('order_note',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=True),
    sa.Column('author', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('text', sqlmodel.sql.sqltypes.AutoString(length=1000), nullable=False),
    sa.Column('private', sa.Boolean(), nullable=False),
    sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_order_note_account_id')),
    sa.ForeignKeyConstraint(['order_id'], ['work_order.id'], name=op.f('fk_order_note_order_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_order_note'))
    )
    with op.batch_alter_table('order_note', schema=None) as batch_op:
        batch_op.create_index('ix_order_note_order', ['order_id', 'at'], unique=False)

    op.create_table('order_photo',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('report', 'proof', name='photo_kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('file_id', sa.Uuid(), nullable=False),
    sa.Column('public_file_id', sa.Uuid(), nullable=True),
    sa.Column('boxes', sa.JSON(), nullable=False),
    sa.Column('withheld', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('uploaded_by', sa.Uuid(), nullable=True),
    sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('checked_by', sa.Uuid(), nullable=True),
    sa.Column('checked_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['checked_by'], ['account.id'], name=op.f('fk_order_photo_checked_by')),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_order_photo_estate_id')),
    sa.ForeignKeyConstraint(['file_id'], ['stored_file.id'], name=op.f('fk_order_photo_file_id')),
    sa.ForeignKeyConstraint(['order_id'], ['work_order.id'], name=op.f('fk_order_photo_order_id')),
    sa.ForeignKeyConstraint(['public_file_id'], ['stored_file.id'], name=op.f('fk_order_photo_public_file_id')),
    sa.ForeignKeyConstraint(['uploaded_by'], ['account.id'], name=op.f('fk_order_photo_uploaded_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_order_photo'))
    )
    with op.batch_alter_table('order_photo', schema=None) as batch_op:
        batch_op.create_index('ix_order_photo_order', ['order_id', 'kind', 'position'], unique=False)

    op.create_table('repair_answer',
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('answer', sa.Enum('fixed', 'not_fixed', name='answer', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('rating', sa.Enum('satisfied', 'fair', 'dissatisfied', name='rating', native_enum=False, create_constraint=True, length=24), nullable=True),
    sa.Column('text', sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
    sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_repair_answer_account_id')),
    sa.ForeignKeyConstraint(['order_id'], ['work_order.id'], name=op.f('fk_repair_answer_order_id')),
    sa.PrimaryKeyConstraint('order_id', 'round', 'account_id', name=op.f('pk_repair_answer'))
    )
    with op.batch_alter_table('stored_file', schema=None) as batch_op:
        batch_op.alter_column('uploaded_by', existing_type=sa.Uuid(), nullable=True)

    put_up(GUARDS)


def downgrade() -> None:
    take_down(GUARDS)
    with op.batch_alter_table('stored_file', schema=None) as batch_op:
        batch_op.alter_column('uploaded_by', existing_type=sa.Uuid(), nullable=False)

    op.drop_table('repair_answer')
    with op.batch_alter_table('order_photo', schema=None) as batch_op:
        batch_op.drop_index('ix_order_photo_order')

    op.drop_table('order_photo')
    with op.batch_alter_table('order_note', schema=None) as batch_op:
        batch_op.drop_index('ix_order_note_order')

    op.drop_table('order_note')
    op.drop_table('order_move')
    op.drop_table('order_clock')
    with op.batch_alter_table('order_appeal', schema=None) as batch_op:
        batch_op.drop_index('uq_order_appeal_pending', sqlite_where=sa.text("state = 'pending'"), postgresql_where=sa.text("state = 'pending'"))
        batch_op.drop_index('ix_order_appeal_estate_state')

    op.drop_table('order_appeal')
    with op.batch_alter_table('joiner', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_joiner_account_id'))

    op.drop_table('joiner')
    op.drop_table('inspection_line')
    op.drop_table('handing')
    with op.batch_alter_table('cost_line', schema=None) as batch_op:
        batch_op.drop_index('ix_cost_line_order')
        batch_op.drop_index('ix_cost_line_estate')

    op.drop_table('cost_line')
    with op.batch_alter_table('work_order', schema=None) as batch_op:
        batch_op.drop_index('ix_work_order_state')
        batch_op.drop_index('ix_work_order_reporter')
        batch_op.drop_index('ix_work_order_place')
        batch_op.drop_index('ix_work_order_party_due')
        batch_op.drop_index('ix_work_order_party')
        batch_op.drop_index('ix_work_order_next_look')
        batch_op.drop_index('ix_work_order_listed_open')
        batch_op.drop_index('ix_work_order_listed_filed')
        batch_op.drop_index('ix_work_order_listed_category')
        batch_op.drop_index('ix_work_order_listed_building')
        batch_op.drop_index('ix_work_order_open_building')
        batch_op.drop_index('ix_work_order_listed')
        batch_op.drop_index('ix_work_order_item')
        batch_op.drop_index('ix_work_order_held')
        batch_op.drop_index('ix_work_order_follows')
        batch_op.drop_index('ix_work_order_duplicate')
        batch_op.drop_index('ix_work_order_building_filed')

    op.drop_table('work_order')
    op.drop_table('warranty_reminder')
    with op.batch_alter_table('warranty_item', schema=None) as batch_op:
        batch_op.drop_index('ix_warranty_item_place')
        batch_op.drop_index('ix_warranty_item_estate_last')

    op.drop_table('warranty_item')
    with op.batch_alter_table('facility', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_facility_estate_id'))

    op.drop_table('facility')
    with op.batch_alter_table('service_deed', schema=None) as batch_op:
        batch_op.drop_index('ix_service_deed_month')

    op.drop_table('service_deed')
    with op.batch_alter_table('inspection', schema=None) as batch_op:
        batch_op.drop_index('ix_inspection_estate_due')

    op.drop_table('inspection')
    with op.batch_alter_table('hardship', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_hardship_unit_id'))
        batch_op.drop_index('ix_hardship_estate')

    op.drop_table('hardship')
    op.drop_table('fee_total')
    with op.batch_alter_table('fee_charge', schema=None) as batch_op:
        batch_op.drop_index('ix_fee_charge_unit')
        batch_op.drop_index('ix_fee_charge_month')

    op.drop_table('fee_charge')
    with op.batch_alter_table('responsibility', schema=None) as batch_op:
        batch_op.drop_index('ix_responsibility_estate')

    op.drop_table('responsibility')
    with op.batch_alter_table('party_staff', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_party_staff_account_id'))

    op.drop_table('party_staff')
    op.drop_table('inspection_plan')
    op.drop_table('fee_service')
    with op.batch_alter_table('clock_rule', schema=None) as batch_op:
        batch_op.drop_index('ix_clock_rule_estate')

    op.drop_table('clock_rule')
    with op.batch_alter_table('answer_template', schema=None) as batch_op:
        batch_op.drop_index('ix_answer_template_estate')

    op.drop_table('answer_template')
    op.drop_table('season')
    op.drop_table('rates_snapshot')
    with op.batch_alter_table('place', schema=None) as batch_op:
        batch_op.drop_index('ix_place_parent')
        batch_op.drop_index('ix_place_estate_building')

    op.drop_table('place')
    with op.batch_alter_table('party', schema=None) as batch_op:
        batch_op.drop_index('uq_party_committee', sqlite_where=sa.text("kind = 'committee'"), postgresql_where=sa.text("kind = 'committee'"))

    op.drop_table('party')
    op.drop_table('maintenance_settings')
    op.drop_table('local_phone')
    op.drop_table('fault_count')
    op.drop_table('calendar_version')
    with op.batch_alter_table('api_client', schema=None) as batch_op:
        batch_op.drop_index('ix_api_client_estate')

    op.drop_table('api_client')
    op.drop_table('service_change')
    op.drop_table('calendar_year')
    op.drop_table('calendar_day')
