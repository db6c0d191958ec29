"""What an administrator sets up and the API only reads: users, queues, the organization, record types."""

from __future__ import annotations

from .fields import Field, ObjectType
from .stock_fields import ID, SYSTEM, address, choice, flag, kept, lookup, only_read, text

OWNING_USER_TYPES = ("Standard", "PowerPartner", "Guest")
"""Users of these types may own records."""
USER_TYPES = (
    *OWNING_USER_TYPES,
    "PowerCustomerSuccess",
    "CustomerSuccess",
    "CspLitePortal",
    "CSNOnly",
    "AutomatedProcess",
)

USER = ObjectType(
    "User",
    "ユーザ",
    "ユーザ",
    "005",
    (
        ID,
        text("Username", "ユーザ名", 80, required=True, id_lookup=True),
        text("LastName", "姓", 80, required=True),
        text("FirstName", "名", 40),
        text("Name", "氏名", 121, name_field=True, createable=False, updateable=False),
        text("Email", "メール", 128, "email", required=True),
        text("Alias", "別名", 8),
        flag("IsActive", "有効"),
        choice("UserType", "ユーザ種別", USER_TYPES),
        lookup("ProfileId", "プロファイル ID", "Profile", "Profile"),
        text("TimeZoneSidKey", "タイムゾーン", 40, "picklist"),
        text("LanguageLocaleKey", "言語", 40, "picklist"),
        *SYSTEM[1:],
    ),
    createable=False,
    updateable=False,
    deletable=False,
)

ORGANIZATION = ObjectType(
    "Organization",
    "組織",
    "組織",
    "00D",
    (
        ID,
        text("Name", "名前", 80, required=True, name_field=True),
        text("InstanceName", "インスタンス名", 5),
        flag("IsSandbox", "Sandbox"),
        Field("TrialExpirationDate", "トライアル期限", "datetime"),
        text("NamespacePrefix", "名前空間プレフィックス", 15),
        text("Division", "ディビジョン", 80),
        *address("", "", "Address"),
        text("Phone", "電話", 40, "phone"),
        text("Fax", "Fax", 40, "phone"),
        text("OrganizationType", "組織エディション", 40, "picklist"),
        text("LanguageLocaleKey", "言語", 40, "picklist"),
        text("TimeZoneSidKey", "タイムゾーン", 40, "picklist"),
        *SYSTEM[1:],
    ),
    createable=False,
    updateable=False,
    deletable=False,
)

GROUP = ObjectType(
    "Group",
    "グループ",
    "グループ",
    "00G",
    (
        ID,
        text("Name", "名前", 40, required=True, name_field=True),
        text("DeveloperName", "API 参照名", 80),
        choice("Type", "種別", ("Queue", "Regular")),
        text("Email", "メール", 255, "email"),
        *SYSTEM[1:],
    ),
    createable=False,
    updateable=False,
    deletable=False,
)

RECORD_TYPE_OBJECT = ObjectType(
    "RecordType",
    "レコードタイプ",
    "レコードタイプ",
    "012",
    (
        ID,
        text("Name", "名前", 80, required=True, name_field=True),
        text("DeveloperName", "API 参照名", 80, required=True),
        text("Description", "説明", 255),
        text("SobjectType", "オブジェクト", 40, "picklist"),
        flag("IsActive", "有効"),
        flag("IsPersonType", "個人取引先"),
        *SYSTEM[1:],
    ),
    createable=False,
    updateable=False,
    deletable=False,
)


PROFILE = only_read(
    "Profile",
    "プロファイル",
    "00e",
    text("Name", "名前", 255, name_field=True),
    choice("UserType", "種別", USER_TYPES),
)
CUSTOM_PERMISSION = only_read(
    "CustomPermission",
    "カスタム権限",
    "0CP",
    text("DeveloperName", "API 参照名", 80),
    text("MasterLabel", "表示ラベル", 80, name_field=True),
    text("NamespacePrefix", "名前空間", 15),
)
PERMISSION_SET = only_read(
    "PermissionSet", "権限セット", "0PS", text("Name", "API 参照名", 80, name_field=True)
)
PERMISSION_SET_ASSIGNMENT = only_read(
    "PermissionSetAssignment",
    "権限セットの割り当て",
    "0Pa",
    lookup("PermissionSetId", "権限セット ID", "PermissionSet", "PermissionSet"),
    lookup("AssigneeId", "割り当て先 ID", "User", "Assignee"),
)
SETUP_ENTITY_ACCESS = only_read(
    "SetupEntityAccess",
    "設定エンティティへのアクセス",
    "0J0",
    lookup("ParentId", "親 ID", "PermissionSet", "Parent"),
    lookup("SetupEntityId", "設定エンティティ ID", "CustomPermission", None),
    text("SetupEntityType", "設定エンティティの種別", 40),
)
RIGHTS_OBJECTS = (PROFILE, CUSTOM_PERMISSION, PERMISSION_SET, PERMISSION_SET_ASSIGNMENT, SETUP_ENTITY_ACCESS)
"""Who may do what, as rows: profiles, and the custom permissions that sets of permissions give to users."""

OWNER_TYPE = kept("Type", "種別", "picklist", length=40)
OWNER_SHOWN_NAME = text("Name", "名前", 121, name_field=True)
OWNER_NAME = ObjectType(
    "Name",
    "名前",
    "名前",
    "",
    (
        ID,
        OWNER_SHOWN_NAME,
        text("FirstName", "名", 40),
        text("LastName", "姓", 80),
        text("Email", "メール", 128, "email"),
        text("Username", "ユーザ名", 80),
        OWNER_TYPE,
        flag("IsActive", "有効"),
    ),
    createable=False,
    updateable=False,
    deletable=False,
)
"""What a path sees behind a reference to several objects: the fields that owners of any kind share [from memory]."""
