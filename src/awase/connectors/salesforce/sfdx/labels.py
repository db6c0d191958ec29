"""What people call standard fields, in English and Japanese, and what a project's translations call any field.

The standard labels are from memory of the vendor's pages; where an org has renamed one, only its translation files tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from awase_formula.metadata import Element

_PERSON = """
FirstName|名
LastName|姓
Salutation|敬称
Title|役職
Email|メール
Phone|電話
MobilePhone|Mobile|携帯
LeadSource|リードソース
Description|説明
HasOptedOutOfEmail|Email Opt Out|メール送信除外
HasOptedOutOfFax|Fax Opt Out|FAX 送信除外|FAX送信除外
"""
_ADDRESS = """
{0}Street|町名・番地{1}|番地{1}
{0}City|市区郡{1}|市区町村{1}
{0}State|{2}State/Province|都道府県{1}
{0}PostalCode|{2}Zip/Postal Code|郵便番号{1}
{0}Country|国{1}
{0}StateCode|{2}State/Province Code|都道府県コード{1}
{0}CountryCode|国コード{1}
"""
_COMPANY = """
Industry|業種
Rating|評価
AnnualRevenue|年間売上
NumberOfEmployees|Employees|No. of Employees|従業員数
Website|Web サイト|Webサイト
"""
_LABELS = {
    "Lead": _PERSON
    + _COMPANY
    + _ADDRESS.format("", "", "")
    + """
Company|会社名
Status|Lead Status|リード状況|状況
OwnerId|Lead Owner|リード 所有者|リード所有者
""",
    "Contact": _PERSON
    + _ADDRESS.format("Mailing", "(郵送先)", "Mailing ")
    + _ADDRESS.format("Other", "(その他)", "Other ")
    + """
AccountId|Account ID|取引先 ID|取引先ID
Department|部署
Birthdate|誕生日
OwnerId|Contact Owner|取引先責任者 所有者|取引先責任者所有者
""",
    "Account": _COMPANY
    + _ADDRESS.format("Billing", "(請求先)", "Billing ")
    + _ADDRESS.format("Shipping", "(納入先)", "Shipping ")
    + """
Name|Account Name|取引先名
ParentId|Parent Account ID|親取引先 ID|親取引先ID
Type|Account Type|種別
AccountNumber|Account Number|取引先番号
AccountSource|Account Source|取引先ソース
Phone|電話
Description|説明
OwnerId|Account Owner|取引先 所有者|取引先所有者
""",
    "Opportunity": """
Name|Opportunity Name|商談名
AccountId|Account ID|取引先 ID|取引先ID
StageName|Stage|フェーズ
CloseDate|Close Date|完了予定日
Amount|金額
Probability|Probability (%)|確度 (%)|確度(%)
Type|Opportunity Type|種別
LeadSource|リードソース
NextStep|Next Step|次のステップ
Description|説明
OwnerId|Opportunity Owner|商談 所有者|商談所有者
""",
}


@cache
def standard_labels(object: str) -> dict[str, tuple[str, ...]]:
    """Field → what people call it beside its label."""
    lines = (line.split("|") for line in _LABELS.get(object, "").split("\n") if line)
    return {name: tuple(labels) for name, *labels in lines}


def translated(root: Element, name: str) -> Iterator[tuple[str, str]]:
    """Field and label from a translation of one field, called ``name``, or of a whole object."""
    parts = root.all("fields") if root.name == "CustomObjectTranslation" else (root,)
    for part in parts:
        if label := part.value("label").strip():
            yield part.value("name") or name, label
