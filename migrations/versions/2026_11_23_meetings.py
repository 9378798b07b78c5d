"""Meetings: invitations, attendance, speaking order, records and their confirmation."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from migrations.guards import only_grows, put_up, take_down

revision = "2026_11_23_meetings"
down_revision = "2026_11_23_surveys"
branch_labels = None
depends_on = None

# What the record of a meeting tells of it: fixed from the moment a version is put to those present.
TOLD = (
    "number, kind, title, place, starts_at, ends_at, thread_id, scope, scope_building, scope_entrance, confirm_days, "
    "basis, eligible, attend_num, attend_den, decide_num, decide_den, quorum_source, quorum_verified, invited_at"
)
OVER = "(SELECT state FROM meeting WHERE id = {row}.meeting_id) IN ('record', 'confirmed', 'cancelled')"
WRITTEN = "(SELECT state FROM meeting_record WHERE id = {row}.record_id) <> 'draft'"
NOT_PUT = "(SELECT state FROM meeting_record WHERE id = {row}.record_id) <> 'put'"


def _each(table: str, name: str, condition: str, sentence: str) -> list[tuple[str, str, str, str, str]]:
    rows = {"INSERT": "NEW", "UPDATE": "OLD", "DELETE": "OLD"}
    return [
        (f"{name}_{event.lower()}", table, event, condition.format(row=row), sentence) for event, row in rows.items()
    ]


GUARDS = (
    ("meeting_told", "meeting", f"UPDATE OF {TOLD}", "OLD.state = 'record'", "a record is out: the meeting does not change"),
    ("meeting_over", "meeting", "UPDATE", "OLD.state IN ('confirmed', 'cancelled')", "the meeting is over"),
    ("meeting_kept", "meeting", "DELETE", "1 = 1", "a meeting is cancelled, not deleted"),
    *_each("meeting_item", "meeting_item", OVER, "a record is out: the agenda does not change"),
    *_each("meeting_guest", "meeting_guest", OVER, "a record is out: the guests do not change"),
    *_each("meeting_role", "meeting_role", OVER, "a record is out: the roles do not change"),
    ("meeting_attendance_added", "meeting_attendance", "INSERT", OVER.format(row="NEW"), "a record is out: the attendance does not change"),
    ("meeting_attendance_struck", "meeting_attendance", "UPDATE", OVER.format(row="OLD") + " OR OLD.struck_at IS NOT NULL", "a record is out: the attendance does not change"),
    ("meeting_attendance_fixed", "meeting_attendance", "UPDATE OF id, meeting_id, account_id, name, home, how, at, entered_by", "1 = 1", "an attendance is struck out, not changed"),
    ("meeting_attendance_kept", "meeting_attendance", "DELETE", "1 = 1", "an attendance is struck out, not deleted"),
    (
        "meeting_record_version", "meeting_record", "INSERT",
        "NEW.version <> (SELECT COALESCE(MAX(version), 0) + 1 FROM meeting_record WHERE meeting_id = NEW.meeting_id)",
        "versions of a record only grow",
    ),
    (
        "meeting_record_fixed", "meeting_record", "UPDATE OF id, meeting_id, version, present, voters, digest, written_by, put_at, due_at",
        "OLD.state <> 'draft'", "a record that was put does not change",
    ),
    ("meeting_record_back", "meeting_record", "UPDATE", "OLD.state <> 'draft' AND NEW.state = 'draft'", "a record that was put does not change"),
    ("meeting_record_over", "meeting_record", "UPDATE", "OLD.state IN ('confirmed', 'replaced')", "a confirmed record does not change"),
    ("meeting_record_kept", "meeting_record", "DELETE", "1 = 1", "a record is kept"),
    *_each("meeting_point", "meeting_point", WRITTEN, "a record that was put does not change"),
    *_each("meeting_decision", "meeting_decision", WRITTEN, "a record that was put does not change"),
    ("meeting_answer_added", "meeting_answer", "INSERT", NOT_PUT.format(row="NEW"), "this version takes no answers"),
    ("meeting_answer_fixed", "meeting_answer", "UPDATE", NOT_PUT.format(row="OLD"), "this version takes no answers"),
    ("meeting_answer_kept", "meeting_answer", "DELETE", "1 = 1", "an answer is kept"),
    *only_grows(["meeting_task_done"]),
)


def upgrade() -> None:
    op.create_table('meeting',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('estate_id', sa.Uuid(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('kind', sa.Enum('council', 'residents', 'hearing', 'coordination', 'appraisal', name='meeting_kind', native_enum=False, create_constraint=True, length=24), nullable=False),
        sa.Column('title', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column('place', sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.Column('starts_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column('ends_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column('thread_id', sa.Uuid(), nullable=True),
        sa.Column('scope', sa.Enum('estate', 'building', 'entrance', name='meeting_scope', native_enum=False, create_constraint=True, length=24), nullable=False),
        sa.Column('scope_building', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column('scope_entrance', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column('state', sa.Enum('draft', 'invited', 'record', 'confirmed', 'cancelled', name='meeting_state', native_enum=False, create_constraint=True, length=24), nullable=False),
        sa.Column('confirm_days', sa.Integer(), nullable=False),
        sa.Column('speak_minutes', sa.Integer(), nullable=False),
        sa.Column('basis', sa.Enum('persons', 'households', 'representatives', name='meeting_basis', native_enum=False, create_constraint=True, length=24), nullable=False),
        sa.Column('eligible', sa.Integer(), nullable=False),
        sa.Column('attend_num', sa.Integer(), nullable=False),
        sa.Column('attend_den', sa.Integer(), nullable=False),
        sa.Column('decide_num', sa.Integer(), nullable=False),
        sa.Column('decide_den', sa.Integer(), nullable=False),
        sa.Column('quorum_source', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column('quorum_verified', sa.Boolean(), nullable=False),
        sa.Column('sequence', sa.Integer(), nullable=False),
        sa.Column('convened_by', sa.Uuid(), nullable=False),
        sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column('changed_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column('invited_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column('cancelled_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column('cancel_reason', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.CheckConstraint("state <> 'cancelled' OR cancel_reason <> ''", name=op.f('ck_meeting_cancelled_with_reason')),
        sa.CheckConstraint('attend_num < attend_den AND attend_num > 0', name=op.f('ck_meeting_attend_share')),
        sa.CheckConstraint('decide_num < decide_den AND decide_num > 0', name=op.f('ck_meeting_decide_share')),
        sa.CheckConstraint('eligible >= 0', name=op.f('ck_meeting_eligible_not_negative')),
        sa.CheckConstraint('ends_at > starts_at', name=op.f('ck_meeting_ends_after_start')),
        sa.ForeignKeyConstraint(['convened_by'], ['account.id'], name=op.f('fk_meeting_convened_by')),
        sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_meeting_estate_id')),
        sa.ForeignKeyConstraint(['thread_id'], ['thread.id'], name=op.f('fk_meeting_thread_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_meeting')),
        sa.UniqueConstraint('estate_id', 'number', name=op.f('uq_meeting_estate_id_number')),
    )
    op.create_index('ix_meeting_estate_starts', 'meeting', ['estate_id', 'starts_at'], unique=False)
    op.create_index(op.f('ix_meeting_thread_id'), 'meeting', ['thread_id'], unique=False)
    op.create_table('meeting_attendance',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('meeting_id', sa.Uuid(), nullable=False),
        sa.Column('account_id', sa.Uuid(), nullable=True),
        sa.Column('name', sqlmodel.sql.sqltypes.AutoString(length=50), nullable=False),
        sa.Column('home', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column('how', sa.Enum('qr', 'desk', name='how', native_enum=False, create_constraint=True, length=24), nullable=False),
        sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column('entered_by', sa.Uuid(), nullable=True),
        sa.Column('struck_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column('struck_by', sa.Uuid(), nullable=True),
        sa.Column('struck_reason', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.CheckConstraint("struck_at IS NULL OR struck_reason <> ''", name=op.f('ck_meeting_attendance_struck_with_reason')),
        sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_meeting_attendance_account_id')),
        sa.ForeignKeyConstraint(['entered_by'], ['account.id'], name=op.f('fk_meeting_attendance_entered_by')),
        sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], name=op.f('fk_meeting_attendance_meeting_id')),
        sa.ForeignKeyConstraint(['struck_by'], ['account.id'], name=op.f('fk_meeting_attendance_struck_by')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_meeting_attendance')),
    )
    op.create_index(op.f('ix_meeting_attendance_account_id'), 'meeting_attendance', ['account_id'], unique=False)
    op.create_index(op.f('ix_meeting_attendance_meeting_id'), 'meeting_attendance', ['meeting_id'], unique=False)
    op.create_index('uq_meeting_attendance_account', 'meeting_attendance', ['meeting_id', 'account_id'], unique=True, sqlite_where=sa.text('account_id IS NOT NULL AND struck_at IS NULL'), postgresql_where=sa.text('account_id IS NOT NULL AND struck_at IS NULL'))
    op.create_index('uq_meeting_attendance_name', 'meeting_attendance', ['meeting_id', 'name', 'home'], unique=True, sqlite_where=sa.text('account_id IS NULL AND struck_at IS NULL'), postgresql_where=sa.text('account_id IS NULL AND struck_at IS NULL'))
    op.create_table('meeting_guest',
        sa.Column('meeting_id', sa.Uuid(), nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('kind', sa.Enum('department', 'low_floor', 'absent_owner', 'other', name='guest_kind', native_enum=False, create_constraint=True, length=24), nullable=False),
        sa.Column('name', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], name=op.f('fk_meeting_guest_meeting_id')),
        sa.PrimaryKeyConstraint('meeting_id', 'position', name=op.f('pk_meeting_guest')),
    )
    op.create_table('meeting_invitee',
        sa.Column('meeting_id', sa.Uuid(), nullable=False),
        sa.Column('account_id', sa.Uuid(), nullable=False),
        sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_meeting_invitee_account_id')),
        sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], name=op.f('fk_meeting_invitee_meeting_id')),
        sa.PrimaryKeyConstraint('meeting_id', 'account_id', name=op.f('pk_meeting_invitee')),
    )
    op.create_table('meeting_item',
        sa.Column('meeting_id', sa.Uuid(), nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('title', sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.Column('minutes', sa.Integer(), nullable=False),
        sa.Column('who', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], name=op.f('fk_meeting_item_meeting_id')),
        sa.PrimaryKeyConstraint('meeting_id', 'position', name=op.f('pk_meeting_item')),
    )
    op.create_table('meeting_record',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('meeting_id', sa.Uuid(), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('state', sa.Enum('draft', 'put', 'replaced', 'confirmed', name='record_state', native_enum=False, create_constraint=True, length=24), nullable=False),
        sa.Column('present', sa.Integer(), nullable=False),
        sa.Column('voters', sa.Integer(), nullable=False),
        sa.Column('digest', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column('written_by', sa.Uuid(), nullable=False),
        sa.Column('changed_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column('put_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column('due_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column('confirmed_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint("state = 'draft' OR (digest <> '' AND due_at IS NOT NULL)", name=op.f('ck_meeting_record_put_with_digest')),
        sa.CheckConstraint('version >= 1', name=op.f('ck_meeting_record_version_from_one')),
        sa.CheckConstraint('voters >= 0', name=op.f('ck_meeting_record_voters_not_negative')),
        sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], name=op.f('fk_meeting_record_meeting_id')),
        sa.ForeignKeyConstraint(['written_by'], ['account.id'], name=op.f('fk_meeting_record_written_by')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_meeting_record')),
        sa.UniqueConstraint('meeting_id', 'version', name=op.f('uq_meeting_record_meeting_id_version')),
    )
    op.create_index('ix_meeting_record_due', 'meeting_record', ['state', 'due_at'], unique=False)
    op.create_index('uq_meeting_record_current', 'meeting_record', ['meeting_id'], unique=True, sqlite_where=sa.text("state <> 'replaced'"), postgresql_where=sa.text("state <> 'replaced'"))
    op.create_table('meeting_reply',
        sa.Column('meeting_id', sa.Uuid(), nullable=False),
        sa.Column('account_id', sa.Uuid(), nullable=False),
        sa.Column('reply', sa.Enum('coming', 'not', 'phone', name='reply', native_enum=False, create_constraint=True, length=24), nullable=False),
        sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_meeting_reply_account_id')),
        sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], name=op.f('fk_meeting_reply_meeting_id')),
        sa.PrimaryKeyConstraint('meeting_id', 'account_id', name=op.f('pk_meeting_reply')),
    )
    op.create_table('meeting_role',
        sa.Column('meeting_id', sa.Uuid(), nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('role', sa.Enum('chair', 'recorder', 'expert', 'observer', 'representative', name='room_role', native_enum=False, create_constraint=True, length=24), nullable=False),
        sa.Column('account_id', sa.Uuid(), nullable=True),
        sa.Column('name', sqlmodel.sql.sqltypes.AutoString(length=50), nullable=False),
        sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_meeting_role_account_id')),
        sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], name=op.f('fk_meeting_role_meeting_id')),
        sa.PrimaryKeyConstraint('meeting_id', 'position', name=op.f('pk_meeting_role')),
    )
    op.create_table('meeting_answer',
        sa.Column('record_id', sa.Uuid(), nullable=False),
        sa.Column('attendance_id', sa.Uuid(), nullable=False),
        sa.Column('verdict', sa.Enum('confirm', 'object', name='verdict', native_enum=False, create_constraint=True, length=24), nullable=False),
        sa.Column('text', sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column('entered_by', sa.Uuid(), nullable=True),
        sa.Column('handling', sa.Enum('none', 'open', 'accepted', 'noted', name='handling', native_enum=False, create_constraint=True, length=24), nullable=False),
        sa.Column('reply', sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column('handled_by', sa.Uuid(), nullable=True),
        sa.Column('handled_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint("(verdict = 'confirm') = (handling = 'none')", name=op.f('ck_meeting_answer_objection_is_handled')),
        sa.CheckConstraint("verdict <> 'object' OR text <> ''", name=op.f('ck_meeting_answer_objection_says_what')),
        sa.ForeignKeyConstraint(['attendance_id'], ['meeting_attendance.id'], name=op.f('fk_meeting_answer_attendance_id')),
        sa.ForeignKeyConstraint(['entered_by'], ['account.id'], name=op.f('fk_meeting_answer_entered_by')),
        sa.ForeignKeyConstraint(['handled_by'], ['account.id'], name=op.f('fk_meeting_answer_handled_by')),
        sa.ForeignKeyConstraint(['record_id'], ['meeting_record.id'], name=op.f('fk_meeting_answer_record_id')),
        sa.PrimaryKeyConstraint('record_id', 'attendance_id', name=op.f('pk_meeting_answer')),
    )
    op.create_table('meeting_decision',
        sa.Column('record_id', sa.Uuid(), nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('text', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column('hands_for', sa.Integer(), nullable=False),
        sa.Column('against', sa.Integer(), nullable=False),
        sa.Column('abstain', sa.Integer(), nullable=False),
        sa.CheckConstraint('hands_for >= 0 AND against >= 0 AND abstain >= 0', name=op.f('ck_meeting_decision_hands_not_negative')),
        sa.ForeignKeyConstraint(['record_id'], ['meeting_record.id'], name=op.f('fk_meeting_decision_record_id')),
        sa.PrimaryKeyConstraint('record_id', 'position', name=op.f('pk_meeting_decision')),
    )
    op.create_table('meeting_point',
        sa.Column('record_id', sa.Uuid(), nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('kind', sa.Enum('agreed', 'reservation', 'open', 'task', name='meeting_point_kind', native_enum=False, create_constraint=True, length=24), nullable=False),
        sa.Column('text', sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column('who', sqlmodel.sql.sqltypes.AutoString(length=50), nullable=False),
        sa.Column('due_on', sa.Date(), nullable=True),
        sa.Column('statement', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['record_id'], ['meeting_record.id'], name=op.f('fk_meeting_point_record_id')),
        sa.PrimaryKeyConstraint('record_id', 'position', name=op.f('pk_meeting_point')),
    )
    op.create_table('meeting_speech',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('meeting_id', sa.Uuid(), nullable=False),
        sa.Column('attendance_id', sa.Uuid(), nullable=False),
        sa.Column('state', sa.Enum('waiting', 'speaking', 'done', 'passed', name='speech_state', native_enum=False, create_constraint=True, length=24), nullable=False),
        sa.Column('asked_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column('called_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column('ended_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(['attendance_id'], ['meeting_attendance.id'], name=op.f('fk_meeting_speech_attendance_id')),
        sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], name=op.f('fk_meeting_speech_meeting_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_meeting_speech')),
    )
    op.create_index('ix_meeting_speech_meeting', 'meeting_speech', ['meeting_id', 'asked_at'], unique=False)
    op.create_index('uq_meeting_speech_asked', 'meeting_speech', ['attendance_id'], unique=True, sqlite_where=sa.text("state IN ('waiting', 'speaking')"), postgresql_where=sa.text("state IN ('waiting', 'speaking')"))
    op.create_index('uq_meeting_speech_speaking', 'meeting_speech', ['meeting_id'], unique=True, sqlite_where=sa.text("state = 'speaking'"), postgresql_where=sa.text("state = 'speaking'"))
    op.create_table('meeting_task_done',
        sa.Column('record_id', sa.Uuid(), nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('note', sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.Column('by', sa.Uuid(), nullable=False),
        sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(['by'], ['account.id'], name=op.f('fk_meeting_task_done_by')),
        sa.ForeignKeyConstraint(['record_id'], ['meeting_record.id'], name=op.f('fk_meeting_task_done_record_id')),
        sa.PrimaryKeyConstraint('record_id', 'position', name=op.f('pk_meeting_task_done')),
    )
    put_up(GUARDS)


def downgrade() -> None:
    take_down(GUARDS)
    op.drop_table('meeting_task_done')
    op.drop_table('meeting_speech')
    op.drop_table('meeting_point')
    op.drop_table('meeting_decision')
    op.drop_table('meeting_answer')
    op.drop_table('meeting_role')
    op.drop_table('meeting_reply')
    op.drop_table('meeting_record')
    op.drop_table('meeting_item')
    op.drop_table('meeting_invitee')
    op.drop_table('meeting_guest')
    op.drop_table('meeting_attendance')
    op.drop_table('meeting')
