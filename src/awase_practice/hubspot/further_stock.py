"""Tickets, and what is done with people: notes, tasks, calls, e-mails and meetings, which are ordinary objects too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .defining import ObjectType, choice, owner, shown, system, text
from .properties import Property

PRIORITIES: Final = {"LOW": "低", "MEDIUM": "中", "HIGH": "高", "URGENT": "緊急"}

TICKET: Final = ObjectType(
    key="ticket",
    plural="tickets",
    type_id="0-5",
    label="TICKET",
    modified="hs_lastmodifieddate",
    names=frozenset({"ticket", "tickets", "0-5"}),
    first_id=58_410_000_000,
    searched=("subject", "content", "hs_pipeline_stage", "hs_ticket_category"),
    shown=(
        "content",
        "createdate",
        "hs_lastmodifieddate",
        "hs_object_id",
        "hs_pipeline",
        "hs_pipeline_stage",
        "hs_ticket_category",
        "hs_ticket_priority",
        "subject",
    ),
    group="ticketinformation",
    group_label="チケット情報",
    needed=("subject", "hs_pipeline_stage"),
    scope="tickets",
    schema_scope="tickets",
)


def _activity(
    key: str, plural: str, type_id: str, first_id: int, searched: tuple[str, ...], scope: str = ""
) -> ObjectType:
    """Each needs its moment, ``hs_timestamp`` (confirmed), and goes by the rights to contacts (from memory)."""
    return ObjectType(
        key=key,
        plural=plural,
        type_id=type_id,
        label=key.upper(),
        modified="hs_lastmodifieddate",
        names=frozenset({key, plural, type_id}),
        first_id=first_id,
        searched=searched,
        shown=("hs_createdate", "hs_lastmodifieddate", "hs_object_id"),
        group="engagement",
        group_label="アクティビティー",
        needed=("hs_timestamp",),
        scope=scope or "crm.objects.contacts.{}",
        schema_scope="crm.schemas.contacts.{}",
    )


CALL: Final = _activity("call", "calls", "0-48", 61_010_000_000, ("hs_call_title", "hs_body_preview"))
EMAIL: Final = _activity(
    "email", "emails", "0-49", 62_020_000_000, ("hs_email_subject", "hs_body_preview"), "sales-email-read"
)
MEETING: Final = _activity(
    "meeting", "meetings", "0-47", 63_030_000_000, ("hs_meeting_title", "hs_meeting_body")
)
NOTE: Final = _activity("note", "notes", "0-46", 64_040_000_000, ("hs_note_body",))
TASK: Final = _activity("task", "tasks", "0-27", 65_050_000_000, ("hs_task_subject", "hs_task_body"))

ACTIVITIES: Final = (CALL, EMAIL, MEETING, NOTE, TASK)


def ticket_properties() -> list[Property]:
    """The options of pipeline and stage follow the portal's pipelines."""
    return [
        *system("hs_lastmodifieddate"),
        text("subject", "チケット名"),
        text("content", "チケットの説明", "textarea"),
        Property("hs_pipeline", "enumeration", "select", "パイプライン"),
        Property("hs_pipeline_stage", "enumeration", "select", "チケットステータス"),
        choice("hs_ticket_priority", "優先度", PRIORITIES, stock=True),
        text("hs_ticket_category", "カテゴリー"),
        Property("closed_date", "datetime", "date", "クローズ日"),
        owner(),
        shown("hs_primary_company_id", "プライマリー会社", "number", "number"),
    ]


def activity_properties(kind: ObjectType) -> list[Property]:
    """What an activity has (names from memory): its moment, its owner, and fields of its own."""
    return [
        *system("hs_lastmodifieddate"),
        shown("hs_createdate", "オブジェクト作成日", "datetime", "date"),
        Property("hs_timestamp", "datetime", "date", "日時"),
        owner(),
        *_OWN[kind.key],
    ]


def _moment(name: str, label: str) -> Property:
    return Property(name, "datetime", "date", label)


_DIRECTIONS: Final = {"INBOUND": "着信", "OUTBOUND": "発信"}
_CALL_STATES: Final = {
    "BUSY": "話し中",
    "COMPLETED": "完了",
    "FAILED": "失敗",
    "IN_PROGRESS": "通話中",
    "NO_ANSWER": "応答なし",
    "QUEUED": "待機中",
    "RINGING": "呼出中",
}
_EMAIL_DIRECTIONS: Final = {"EMAIL": "送信", "INCOMING_EMAIL": "受信", "FORWARDED_EMAIL": "転送"}
_EMAIL_STATES: Final = {
    "BOUNCED": "不達",
    "FAILED": "失敗",
    "SCHEDULED": "予約",
    "SENDING": "送信中",
    "SENT": "送信済み",
}
_OUTCOMES: Final = {
    "SCHEDULED": "予定",
    "COMPLETED": "完了",
    "RESCHEDULED": "変更",
    "NO_SHOW": "欠席",
    "CANCELED": "取消",
}
_TASK_STATES: Final = {
    "COMPLETED": "完了",
    "DEFERRED": "延期",
    "IN_PROGRESS": "進行中",
    "NOT_STARTED": "未着手",
    "WAITING": "待機",
}
_TASK_KINDS: Final = {"TODO": "To-Do", "CALL": "コール", "EMAIL": "Eメール"}
_TASK_PRIORITIES: Final = {"NONE": "なし", "LOW": "低", "MEDIUM": "中", "HIGH": "高"}

_OWN: Final[Mapping[str, tuple[Property, ...]]] = {
    "note": (text("hs_note_body", "メモ本文", "textarea"),),
    "task": (
        text("hs_task_subject", "タスクのタイトル"),
        text("hs_task_body", "タスクのメモ", "textarea"),
        choice("hs_task_status", "タスクのステータス", _TASK_STATES, stock=True),
        choice("hs_task_priority", "優先度", _TASK_PRIORITIES, stock=True),
        choice("hs_task_type", "タスクのタイプ", _TASK_KINDS, stock=True),
    ),
    "call": (
        text("hs_call_title", "コールのタイトル"),
        text("hs_call_body", "コールのメモ", "textarea"),
        Property("hs_call_duration", "number", "number", "コールの長さ"),
        choice("hs_call_direction", "コールの方向", _DIRECTIONS, stock=True),
        choice("hs_call_status", "コールのステータス", _CALL_STATES, stock=True),
        text("hs_call_from_number", "発信元の番号"),
        text("hs_call_to_number", "発信先の番号"),
        shown("hs_body_preview", "本文のプレビュー"),
    ),
    "email": (
        text("hs_email_subject", "Eメールの件名"),
        text("hs_email_text", "Eメールの本文", "textarea"),
        text("hs_email_html", "EメールのHTML", "html"),
        choice("hs_email_direction", "Eメールの方向", _EMAIL_DIRECTIONS, stock=True),
        choice("hs_email_status", "Eメールのステータス", _EMAIL_STATES, stock=True),
        text("hs_email_headers", "Eメールのヘッダー", "textarea"),
        shown("hs_body_preview", "本文のプレビュー"),
    ),
    "meeting": (
        text("hs_meeting_title", "ミーティングのタイトル"),
        text("hs_meeting_body", "ミーティングの説明", "textarea"),
        text("hs_meeting_location", "場所"),
        _moment("hs_meeting_start_time", "開始日時"),
        _moment("hs_meeting_end_time", "終了日時"),
        choice("hs_meeting_outcome", "結果", _OUTCOMES, stock=True),
    ),
}
