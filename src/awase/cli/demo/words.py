"""What the demo says on a terminal, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "starting": (
        "練習用のHubSpotとSalesforceを起動しています…",
        "Starting a practice HubSpot and a practice Salesforce …",
    ),
    "loaded": (
        "{people}人分の架空の取引先データを両方に用意しました（乱数の種 {seed}）。",
        "{people} made-up business contacts are in place (seed {seed}).",
    ),
    "connected": (
        "練習用として接続しました: HubSpot {portal}、Salesforce {org}",
        "Connected, for practice: HubSpot {portal}, Salesforce {org}",
    ),
    "phase:first": ("1. はじめての同期", "1. The first sync"),
    "phase:day": ("2. 一日が過ぎ、両側で編集がありました", "2. A day has passed, with edits on both sides"),
    "phase:last edit": (
        "3. 一時間後、同期の直前に一件の編集",
        "3. An hour later, one edit just before the sync",
    ),
    "phase:nothing": ("4. さらに一時間後、変更なし", "4. Another hour later, nothing has changed"),
    "preview": ("変更プレビュー（まだ何も送っていません）", "What would be done (nothing is sent yet)"),
    "target": ("書き込み先", "Written to"),
    "create": ("作成", "Create"),
    "update": ("更新", "Update"),
    "opt_out": ("配信停止", "Opt out"),
    "held_back": (
        "送信前に保留（このままでは保存できないもの）: HubSpot宛 {hubspot}件、Salesforce宛 {salesforce}件",
        "Held back because they would be refused: {hubspot} toward HubSpot, {salesforce} toward Salesforce",
    ),
    "price": (
        "書き込みのAPIコール: {calls}回（読み取りは {read}回済み）。24時間の割り当て: HubSpot {hubspot}回、Salesforce {salesforce}回",
        "API calls to write: {calls} ({read} were spent reading). Allotment of 24 hours: HubSpot {hubspot}, "
        "Salesforce {salesforce}",
    ),
    "nothing_to_do": ("書き込むものはありません。", "There is nothing to write."),
    "step:recover": ("前回の続きを確認しています", "Looking for what an earlier run left"),
    "step:plan": ("両側を読み、比べています", "Reading and comparing both sides"),
    "step:apply": ("同期を実行しています", "Carrying it out"),
    "step:settle": ("結果を記録しています", "Settling"),
    "step:check": ("確認しています", "Checking"),
    "counts": ("読み取ったレコードの内訳", "What became of the records read"),
    "fate": ("内訳", "Outcome"),
    "read": ("読み取り", "Read"),
    "created": ("作成", "Created"),
    "updated": ("更新", "Updated"),
    "unchanged": ("変更なし", "Unchanged"),
    "held": ("送信前に保留", "Held"),
    "rejected": ("保存を拒否", "Rejected"),
    "waiting": ("待機中", "Waiting"),
    "skipped": ("対象外", "Skipped"),
    "calls": (
        "APIコール: 読み取り {read}回、書き込み {write}回（予告 {priced}回）、その他 {other}回。値の競合 {conflicts}件。{seconds}秒",
        "API calls: {read} reading, {write} writing (announced: {priced}), {other} other. Conflicts: {conflicts}. "
        "{seconds} s",
    ),
    "errors": ("同期エラー（タイプ別）", "Sync errors by type"),
    "type": ("エラーのタイプ", "Type"),
    "where": ("書き込み先", "Toward"),
    "found": ("わかった時点", "Found"),
    "foreseen": ("送信前に予測", "foreseen"),
    "answered": ("相手の回答", "answered"),
    "records": ("レコード", "Records"),
    "agree": (
        "両側は一致しています。植えておいた問題はすべて、それだけが見つかりました。",
        "Both sides agree, and exactly the planted troubles were found.",
    ),
    "differ": ("一致していません: {count}件", "They do not agree: {count} differences"),
    "minimum": (
        "全体のAPIコール: {made}回（計算上の最小 {least}回）",
        "API calls in all: {made} (the arithmetic minimum is {least})",
    ),
    "page": ("同期の健全性: {address}", "Sync health: {address}"),
    "kept": (
        "データは {home} にあります。Ctrl-C で終了し、すべて消去します。",
        "The data is in {home}. Ctrl-C ends the demo and removes everything.",
    ),
}
"""Key → Japanese, English."""


def say(key: str, language: str, **places: object) -> str:
    """The text of a key with its places filled in."""
    japanese, english = WORDS[key]
    return (japanese if language == "ja" else english).format(**places)
