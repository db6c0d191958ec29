"""Tasks, events, campaigns and who is in them, as a fresh org has them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from .fields import Field, ObjectType
from .stock_fields import ID, LEAD_OWNER, OWNER, SYSTEM, choice, flag, kept, lookup, pointer, text

TASK_STATUSES: Final = ("未着手", "進行中", "完了", "待機中", "延期")
CLOSED_TASK_STATUSES: Final = frozenset(("完了",))
PRIORITIES: Final = ("高", "中", "低")
MEMBER_STATUSES: Final = (("送信", False), ("反応", True))
"""Label and whether it counts as a response; each new campaign gets them, the first as its default."""
LONGEST_DESCRIPTION: Final = 32_000

_WHO = replace(
    lookup("WhoId", "名前 ID", "Contact", "Who", children="Tasks"), reference_to=("Contact", "Lead")
)
_WHAT = replace(
    lookup("WhatId", "関連先 ID", "Account", "What", children="Tasks"),
    reference_to=("Account", "Campaign", "Opportunity"),
)
_DESCRIPTION = text(
    "Description",
    "コメント",
    LONGEST_DESCRIPTION,
    "textarea",
    overflow="MAX_TASK_DESCRIPTION_EXCEEEDED",
)

TASK = ObjectType(
    "Task",
    "ToDo",
    "ToDo",
    "00T",
    (
        ID,
        SYSTEM[0],
        _WHO,
        _WHAT,
        text("Subject", "件名", 255, name_field=True),
        Field("ActivityDate", "期日", "date"),
        choice("Status", "状況", TASK_STATUSES, required=True, defaulted=True, default=TASK_STATUSES[0]),
        choice("Priority", "優先度", PRIORITIES, required=True, defaulted=True, default=PRIORITIES[1]),
        kept("IsHighPriority", "優先度 (高)", "boolean", default=False),
        LEAD_OWNER,
        _DESCRIPTION,
        choice("TaskSubtype", "ToDo 種別", ("Task", "Email", "Call", "ListEmail", "Cadence"), default="Task"),
        pointer("AccountId", "取引先 ID", "Account", "Account"),
        kept("IsClosed", "完了", "boolean", default=False),
        kept("IsArchived", "アーカイブ済み", "boolean", default=False),
        choice("CallType", "コール種別", ("Inbound", "Internal", "Outbound")),
        text("CallDisposition", "コール結果", 255),
        Field("CallDurationInSeconds", "コール時間", "int", digits=8),
        flag("IsReminderSet", "アラームの設定"),
        Field("ReminderDateTime", "アラーム日付/時間", "datetime"),
        *SYSTEM[1:],
    ),
)
EVENT = ObjectType(
    "Event",
    "行動",
    "行動",
    "00U",
    (
        ID,
        SYSTEM[0],
        replace(_WHO, children="Events"),
        replace(_WHAT, children="Events"),
        text("Subject", "件名", 255, name_field=True),
        text("Location", "場所", 255),
        flag("IsAllDayEvent", "終日"),
        Field("StartDateTime", "開始", "datetime", required=True),
        Field("EndDateTime", "終了", "datetime", required=True),
        OWNER,
        _DESCRIPTION,
        pointer("AccountId", "取引先 ID", "Account", "Account"),
        kept("IsArchived", "アーカイブ済み", "boolean", default=False),
        *SYSTEM[1:],
    ),
)
CAMPAIGN = ObjectType(
    "Campaign",
    "キャンペーン",
    "キャンペーン",
    "701",
    (
        ID,
        SYSTEM[0],
        text("Name", "キャンペーン名", 80, required=True, name_field=True),
        lookup("ParentId", "親キャンペーン ID", "Campaign", "Parent", children="ChildCampaigns"),
        choice("Type", "種別", ("セミナー", "展示会", "メール", "広告", "その他")),
        choice("Status", "状況", ("計画中", "進行中", "完了", "中止"), default="計画中"),
        Field("StartDate", "開始日", "date"),
        Field("EndDate", "終了日", "date"),
        flag("IsActive", "有効"),
        text("Description", "説明", 32_000, "textarea"),
        OWNER,
        *SYSTEM[1:],
    ),
)
CAMPAIGN_MEMBER = ObjectType(
    "CampaignMember",
    "キャンペーンメンバー",
    "キャンペーンメンバー",
    "00v",
    (
        ID,
        SYSTEM[0],
        lookup(
            "CampaignId",
            "キャンペーン ID",
            "Campaign",
            "Campaign",
            required=True,
            updateable=False,
            children="CampaignMembers",
            cascade=True,
        ),
        lookup(
            "LeadId", "リード ID", "Lead", "Lead", updateable=False, children="CampaignMembers", cascade=True
        ),
        lookup(
            "ContactId",
            "取引先責任者 ID",
            "Contact",
            "Contact",
            updateable=False,
            children="CampaignMembers",
            cascade=True,
        ),
        Field("Status", "状況", "picklist", length=40, values=tuple(each for each, _ in MEMBER_STATUSES)),
        kept("HasResponded", "反応あり", "boolean", default=False),
        *SYSTEM[1:],
    ),
)
CAMPAIGN_MEMBER_STATUS = ObjectType(
    "CampaignMemberStatus",
    "キャンペーンメンバーの状況",
    "キャンペーンメンバーの状況",
    "01Y",
    (
        ID,
        SYSTEM[0],
        lookup(
            "CampaignId",
            "キャンペーン ID",
            "Campaign",
            "Campaign",
            required=True,
            updateable=False,
            children="CampaignMemberStatuses",
            cascade=True,
        ),
        text("Label", "表示ラベル", 765, required=True),
        flag("HasResponded", "反応あり"),
        flag("IsDefault", "デフォルト"),
        Field("SortOrder", "並び替え順", "int", digits=9),
        *SYSTEM[1:],
    ),
)
ACTIVITY_OBJECTS = (TASK, EVENT, CAMPAIGN, CAMPAIGN_MEMBER, CAMPAIGN_MEMBER_STATUS)
