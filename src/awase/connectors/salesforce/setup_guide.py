"""The pages that go with the project of ``setup``: what an administrator does with it, in English and Japanese.

Names of the vendor's own pages and buttons are from its help (confirmed for External Client Apps, otherwise from memory).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Facts:
    """What the pages say of this project."""

    permission_set: str
    key_field: str
    login_url: str
    objects: tuple[str, ...]
    people: tuple[str, ...]
    """Those of the objects that carry an opt-out from e-mail."""
    tracked: Mapping[str, tuple[str, ...]]
    """Object → fields that Awase writes."""
    without_rights: Mapping[str, tuple[str, ...]]
    """Object → mapped fields that a permission set cannot name."""

    @property
    def converts(self) -> bool:
        return {"Lead", "Contact"} <= set(self.objects)

    @property
    def key_fields(self) -> str:
        return _code(f"{object}.{self.key_field}" for object in self.objects)


def english(facts: Facts) -> str:
    """``README.md``."""
    return f"""# Preparing Salesforce for Awase

[日本語](README.ja.md)

For the administrator of the org. Nothing has been changed yet: this folder only holds files, made from `awase.toml`. Read
them, keep them in your version control, try them in a sandbox first.

| | |
|---|---|
| Permission set `{facts.permission_set}` | read, create and edit as the syncs need it, on the mapped objects and fields only; delete only where a sync's policy deletes |
| {facts.key_fields} | a unique external id: with it, a create whose answer was lost is not done twice |

## 1. Deploy

With the [Salesforce CLI](https://developer.salesforce.com/tools/salesforcecli), in this folder. `--dry-run` checks and changes nothing.

```sh
sf org login web --alias awase-target --instance-url {facts.login_url}
sf project deploy start --manifest manifest/package.xml --target-org awase-target --dry-run
sf project deploy start --manifest manifest/package.xml --target-org awase-target
```

If it says *You cannot deploy to a required field*, or that a field cannot be edited (formula, auto number, master-detail): remove
that field's `<fieldPermissions>` from the permission set, or its `<editable>true`; only the org knows this of its own fields.
{_left_out(facts, "Left out for that reason:")}
## 2. An integration user

1. Create a user for Awase alone, best with the licence *Salesforce Integration* (profile *Salesforce API Only System
   Integrations*) and its permission set licence *Salesforce API Integration*, which covers the objects.
2. Assign the set:

   ```sh
   sf org assign permset --name {facts.permission_set} --on-behalf-of USERNAME --target-org awase-target
   ```

3. Where records are not shared with everybody, share those of {_code(facts.objects)} with this user (sharing rules, or *View All* and
   *Modify All* on the object). What it cannot see is, for Awase, not there.

## 3. An External Client App

Connected Apps can no longer be created by default since Spring ’26; existing ones keep working.

1. Setup → *External Client App Manager* → *New External Client App*. Distribution state: *Local*.
2. *Enable OAuth*. A callback URL has to be given but is not used. Scopes: *api*, *refresh_token* and *id*.
3. Choose one way:
   - **JWT** (no secret travels): make a key and a certificate, *Enable JWT Bearer Flow*, upload `awase.crt`. Keep `awase.key` secret and
     out of this folder.

     ```sh
     openssl req -x509 -newkey rsa:2048 -sha256 -nodes -days 730 -subj /CN=awase -keyout awase.key -out awase.crt
     ```

   - **Client credentials**: *Enable Client Credentials Flow*; `login_url` in `awase.toml` must then be the org's own My Domain address.
4. On the *Policies* tab: *Admin approved users are pre-authorized*, with the permission set `{facts.permission_set}`; for client
   credentials also *Run As*: the integration user.
5. Take the consumer key (and, for client credentials, the secret) from *Settings*, and run `awase connect` with the name of the connection.
{_lead_conversion_en(facts)}{_opt_out_en(facts)}
## {4 + facts.converts + bool(facts.people)}. Field history

Turn history tracking on for the fields that Awase writes (Object Manager → object → *Fields & Relationships* → *Set History Tracking*;
at most 20 an object). With it, an edit that somebody makes between Awase's reading and its writing is found at once
and listed as a conflict with both values; without it, one read later, and without the older value. No extra right is needed.

{_lists(facts.tracked)}
## Leaving Awase

1. `awase connect NAME --mode read-only`: nothing is written any more.
2. Take {facts.key_fields} off layouts, list views, reports{" and the lead field mapping" if facts.converts else ""}. The field is nobody else's: it holds only which record
   of the marketing side a record was created from.
3. Remove the assignments of the permission set (Setup → *Permission Sets* → `{facts.permission_set}` → *Manage Assignments*).
4. Delete the key field and the permission set. Fields that people use are not touched.

   ```sh
   sf project deploy start --manifest leaving/package.xml --post-destructive-changes leaving/destructiveChanges.xml --target-org awase-target
   ```

5. Delete the External Client App, freeze or deactivate the integration user.
6. Turn off what was turned on for Awase alone: history tracking, sharing rules. Leave *Email Opt Out* on the layouts: opt-outs stay valid.
"""


def japanese(facts: Facts) -> str:
    """``README.ja.md``."""
    return f"""# Awaseのための、Salesforceの準備

[English](README.md)

組織のシステム管理者のためのページです。まだ何も変更されていません。このフォルダーには、`awase.toml`から作ったファイルがあるだけです。
中身を読み、バージョン管理に入れ、まずSandboxで試してください。

| | |
|---|---|
| 権限セット`{facts.permission_set}` | 対応づけたオブジェクトと項目だけに、同期に必要な参照・作成・編集を許します。削除は、同期設定の方針が削除するときだけです |
| {facts.key_fields} | 一意の外部ID。応答が失われた作成を、二重に行わないためのものです |

## 1. リリースする

[Salesforce CLI](https://developer.salesforce.com/tools/salesforcecli)を使い、このフォルダーで実行します。`--dry-run`は検証だけで、何も変更しません。

```sh
sf org login web --alias awase-target --instance-url {facts.login_url}
sf project deploy start --manifest manifest/package.xml --target-org awase-target --dry-run
sf project deploy start --manifest manifest/package.xml --target-org awase-target
```

*You cannot deploy to a required field*(必須項目)や、編集できない項目(数式・自動採番・主従関係)と言われたら、権限セットからその項目の
`<fieldPermissions>`を、または`<editable>true`を取り除いてください。これは組織だけが知っていることです。
{_left_out(facts, "この理由で、はじめから外してある項目:")}
## 2. 連携ユーザー

1. Awase専用のユーザーを作ります。ライセンスは*Salesforce Integration*(プロファイル*Salesforce API Only System Integrations*)、
   権限セットライセンスは、オブジェクトを使える*Salesforce API Integration*がおすすめです。
2. 権限セットを割り当てます。

   ```sh
   sf org assign permset --name {facts.permission_set} --on-behalf-of USERNAME --target-org awase-target
   ```

3. レコードが全員に公開されていない組織では、{_code(facts.objects)}のレコードをこのユーザーと共有してください(共有ルール、またはオブジェクトの
   「すべて表示」「すべて変更」)。見えないレコードは、Awaseにとっては「ない」ものです。

## 3. 外部クライアントアプリケーション

接続アプリケーションは、Spring ’26から、標準では新しく作れません(既存のものは使えます)。

1. 設定 → *External Client App Manager*(外部クライアントアプリケーションマネージャー) → 新規。配布状態は「ローカル」。
2. OAuthを有効にします。コールバックURLは必須ですが、使いません。範囲は*api*・*refresh_token*・*id*。
3. 方法を一つ選びます。
   - **JWT**(秘密の値を送りません): 鍵と証明書を作り、「JWTベアラーフローを有効化」して`awase.crt`をアップロードします。`awase.key`は秘密にし、
     このフォルダーには置かないでください。

     ```sh
     openssl req -x509 -newkey rsa:2048 -sha256 -nodes -days 730 -subj /CN=awase -keyout awase.key -out awase.crt
     ```

   - **クライアントログイン情報**: 「クライアントログイン情報フローを有効化」します。`awase.toml`の`login_url`は、組織の「私のドメイン」のアドレスにしてください。
4. 「ポリシー」タブで「管理者が承認したユーザーは事前承認済み」にし、権限セット`{facts.permission_set}`を選びます。クライアントログイン情報では、
   「別のユーザーとして実行」に連携ユーザーも指定します。
5. 「設定」からコンシューマー鍵(クライアントログイン情報では秘密も)を控え、接続の名前をつけて`awase connect`を実行します。
{_lead_conversion_ja(facts)}{_opt_out_ja(facts)}
## {4 + facts.converts + bool(facts.people)}. 項目履歴管理

Awaseが書き込む項目の履歴管理を有効にします(オブジェクトマネージャー → オブジェクト → 「項目とリレーション」 → 「項目履歴管理の設定」。
一つのオブジェクトに20項目まで)。有効なら、Awaseが読んでから書くまでの間に誰かが行った編集がすぐに見つかり、両方の値とともに値の競合として
一覧に出ます。無効なら、見つかるのは次に読むときで、前の値はわかりません。追加の権限は要りません。

{_lists(facts.tracked)}
## Awaseをやめるとき

1. `awase connect NAME --mode read-only`: これ以後、何も書き込みません。
2. {facts.key_fields}を、ページレイアウト・リストビュー・レポート{"・リード項目の対応づけ" if facts.converts else ""}から外します。ほかの誰も使わない項目で、どのレコードから
   作成したかだけが入っています。
3. 権限セットの割り当てを解除します(設定 → 権限セット → `{facts.permission_set}` → 「割り当ての管理」)。
4. キーの項目と権限セットを削除します。業務で使う項目には触れません。

   ```sh
   sf project deploy start --manifest leaving/package.xml --post-destructive-changes leaving/destructiveChanges.xml --target-org awase-target
   ```

5. 外部クライアントアプリケーションを削除し、連携ユーザーを凍結するか無効にします。
6. Awaseのためだけに有効にしたもの(項目履歴管理・共有ルール)を元に戻します。「メール送信除外」はレイアウトに残してください。配信停止は有効なままです。
"""


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _lists(fields: Mapping[str, tuple[str, ...]]) -> str:
    return "".join(f"- {object}: {_code(names)}\n" for object, names in fields.items())


def _left_out(facts: Facts, heading: str) -> str:
    return f"\n{heading}\n\n{_lists(facts.without_rights)}" if facts.without_rights else ""


def _lead_conversion_en(facts: Facts) -> str:
    if not facts.converts:
        return ""
    return f"""
## 4. Lead conversion

Setup → Object Manager → *Lead* → *Fields & Relationships* → *Map Lead Fields*: map `Lead.{facts.key_field}` to `Contact.{facts.key_field}`. Then a
converted lead stays the same person for Awase; without it, the next run has to find it by e-mail address again.
"""


def _lead_conversion_ja(facts: Facts) -> str:
    if not facts.converts:
        return ""
    return f"""
## 4. リードの取引の開始

設定 → オブジェクトマネージャー → リード → 「項目とリレーション」 → 「リード項目の対応づけ」で、`Lead.{facts.key_field}`を`Contact.{facts.key_field}`に
対応づけます。取引を開始した後も、Awaseにとって同じ人のままになります。対応づけがないと、次の同期でメールアドレスから探し直すことになります。
"""


def _opt_out_en(facts: Facts) -> str:
    if not facts.people:
        return ""
    return f"""
## {4 + facts.converts}. Email Opt Out

Put *Email Opt Out* (`HasOptedOutOfEmail`) on the page layouts of {_code(facts.people)}, and let the people who work with them see it: on a fresh
org it is hidden. Awase sets it as soon as somebody opts out, and never takes it back. For the integration user
the permission set has opened it.
"""


def _opt_out_ja(facts: Facts) -> str:
    if not facts.people:
        return ""
    return f"""
## {4 + facts.converts}. メール送信除外

「メール送信除外」(`HasOptedOutOfEmail`)を{_code(facts.people)}のページレイアウトに置き、担当者に見えるようにします。新しい組織では隠れています。
Awaseは、配信停止があるとすぐにこれを設定し、元に戻すことはありません。連携ユーザーには、権限セットが許可しています。
"""
