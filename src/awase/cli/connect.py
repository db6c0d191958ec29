"""``awase connect NAME``: give credentials once, see where they lead, choose what may be done there."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from awase import assembly
from awase.assembly import Mode, open_store
from awase.cli.call import Call, help_text, verb
from awase.cli.status import MODES, ORG_KINDS
from awase.configuration import ConnectionSettings
from awase.configuration.document import SalesforcePart
from awase.connectors.salesforce.setup import project as setup_project
from awase.errors import BadInput
from awase.ports.connector import Credentials
from awase.ports.store import ConnectionRecord

KINDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "hubspot": {"token": ("token",), "oauth": ("client_id", "client_secret", "refresh_token")},
    "salesforce": {
        "jwt": ("client_id", "username", "private_key"),
        "client_credentials": ("client_id", "client_secret"),
        "refresh_token": ("client_id", "refresh_token"),
    },
}
"""Ways to sign in, by vendor, with the values each needs; the first is what is asked for first."""
_OPTIONAL = ("client_secret", "audience")
_MODES = ("read-only", "practice", "live")
_OPEN = {"client_id", "username", "audience"}
"""Values that may be seen while they are typed."""


def add_to(app: typer.Typer) -> None:
    """Make this a verb of ``app``."""
    verb(app, "connect", "Sign in to a connection, pin the org it leads to, and choose what may be done.")(
        connect
    )


def connect(
    call: Call,
    name: Annotated[str, typer.Argument(metavar="NAME", help=help_text("A name under [connections]."))],
    credentials: Annotated[
        Path | None,
        typer.Option(
            "--credentials",
            metavar="FILE.json",
            help=help_text("Credentials in a file, instead of typing them."),
        ),
    ] = None,
    mode: Annotated[
        str | None,
        typer.Option(
            "--mode", metavar="|".join(_MODES), help=help_text("What may be done there; at first read-only.")
        ),
    ] = None,
    practice: Annotated[
        bool, typer.Option("--practice", help=help_text("The same as --mode practice."), show_default=False)
    ] = False,
    setup: Annotated[
        Path | None,
        typer.Option(
            "--setup",
            metavar="DIR",
            help=help_text("Write files that prepare the Salesforce org, and do nothing else."),
        ),
    ] = None,
) -> int:
    settings = call.workspace().connection(name)
    if setup is not None:
        if credentials or mode or practice:
            raise BadInput("--setup only writes files and goes with no other option", where="--setup")
        return _set_up(call, settings, setup)
    wanted = _mode("practice" if practice and mode is None else mode)
    if practice and wanted != "practice":
        raise BadInput("--practice and --mode {mode} exclude each other", where="--mode", mode=wanted)
    given = _given(call, settings, credentials)

    async def work() -> ConnectionRecord:
        async with open_store(call.workspace()) as store:
            secrets = given
            if secrets is None and (await store.secret(name) is None or wanted is None):
                secrets = _asked(call, settings)
            return await assembly.connect(call.workspace(), name, store, credentials=secrets, mode=wanted)

    record = call.run(work())
    call.document(msgspec.to_builtins(record))
    call.say(
        "{connection} is connected to {org} ({id}, {kind}) as {user}.",
        connection=record.name,
        org=record.org_name or "-",
        id=record.org_id,
        kind=call.t(ORG_KINDS[record.org_kind]),
        user=record.user or "-",
    )
    call.say("Mode: {mode}", mode=call.t(MODES[record.mode]))
    if record.mode == "read-only":
        target = "practice" if record.org_kind == "practice" else "live"
        call.say("Nothing is written there until: awase connect {name} --mode {mode}", name=name, mode=target)
    return 0


def _set_up(call: Call, settings: ConnectionSettings, folder: Path) -> int:
    """Write the SFDX project; needs neither a sign-in nor a database."""
    syncs = [sync for sync in call.workspace().syncs if sync.crm_connection == settings.name]
    if not isinstance(settings.settings, SalesforcePart) or not syncs:
        raise BadInput(
            "{connection} is the Salesforce of no sync, so there is nothing to prepare",
            where="--setup",
            remedy="Name a Salesforce connection that a sync of awase.toml uses.",
            connection=settings.name,
        )
    files = setup_project(
        syncs,
        key_field=settings.settings.key_field,
        api_version=settings.settings.api_version,
        login_url=settings.settings.login_url,
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise BadInput(
                "the folder is not empty; it was left as it is",
                where=str(folder),
                remedy="Choose a new folder, and compare it with the old one.",
            )
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(content, encoding="utf-8", newline="\n")
    except OSError as problem:
        raise BadInput(
            "the file cannot be written: {words}", where=str(folder), words=problem.strerror or ""
        ) from None
    call.document({"folder": str(folder), "files": list(files)})
    call.say(
        "Written: {count} files in {folder}. Next: {readme}",
        count=len(files),
        folder=folder,
        readme=folder / ("README.ja.md" if call.language == "ja" else "README.md"),
    )
    return 0


def _mode(text: str | None) -> Mode | None:
    match text:
        case None:
            return None
        case "read-only" | "practice" | "live":
            return text
        case _:
            raise BadInput(
                "there is no mode “{value}”",
                where="--mode",
                remedy="Known: {known}.",
                value=text,
                known=", ".join(_MODES),
            )


def _given(call: Call, settings: ConnectionSettings, file: Path | None) -> Credentials | None:
    """Credentials from the file or the environment; None when there are none."""
    if file is not None:
        return credentials_from(_file_content(call, file), settings.vendor, str(file))
    prefix = f"AWASE_{settings.name.upper().replace('-', '_')}_"
    names = {name for kinds in KINDS[settings.vendor].values() for name in kinds} | set(_OPTIONAL)
    found = {
        name: os.environ[prefix + name.upper()] for name in names if os.environ.get(prefix + name.upper())
    }
    return credentials_from(found, settings.vendor, f"{prefix}…") if found else None


def _file_content(call: Call, file: Path) -> dict[str, Any]:
    try:
        content = msgspec.json.decode(file.read_bytes(), type=dict[str, str])
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            call.margin.print(
                call.t(
                    "Others on this machine can read {file}; close it (chmod 600) or delete it.", file=file
                ),
                markup=False,
            )
    except OSError as problem:
        raise BadInput(
            "the file cannot be read: {words}", where=str(file), words=problem.strerror or ""
        ) from None
    except msgspec.MsgspecError:
        # What it says is not quoted: it may be a secret.
        raise BadInput(
            "the file is not a JSON object of texts",
            where=str(file),
            remedy='Write for instance {{"token": "…"}}.',
            name="",
        ) from None
    if "private_key_file" in content:
        key = file.parent / content.pop("private_key_file")
        try:
            content["private_key"] = key.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise BadInput("the private key cannot be read", where=str(key)) from None
    return content


def credentials_from(values: Mapping[str, str], vendor: str, where: str) -> Credentials:
    """Credentials of the kind that ``values`` name, or are enough for. Raises BadInput saying what is missing."""
    kinds = KINDS[vendor]
    fitting = [kind for kind, names in kinds.items() if all(values.get(name) for name in names)]
    kind = values.get("kind") or next(iter(fitting), None)
    if kind not in fitting:
        raise BadInput(
            "these credentials are not complete",
            where=where,
            remedy="Needed: {known}.",
            known=" / ".join(f"{kind}: {', '.join(names)}" for kind, names in kinds.items()),
        )
    wanted = (*kinds[kind], *_OPTIONAL)
    return Credentials(kind, {name: values[name] for name in wanted if values.get(name)})


def _asked(call: Call, settings: ConnectionSettings) -> Credentials:
    """Ask a person. Raises BadInput where nobody can be asked."""
    if not call.interactive:
        raise BadInput(
            "there are no credentials for {connection}",
            where="awase connect",
            remedy="Give --credentials FILE.json, or set {variables}.",
            connection=settings.name,
            variables=_variables(settings),
        )
    kinds = KINDS[settings.vendor]
    kind = next(iter(kinds))
    if len(kinds) > 1:
        kind = _choice(call, list(kinds))
    values = {}
    for name in kinds[kind]:
        if name == "private_key":
            path = Path(typer.prompt(call.t("File with the private key (PEM)"))).expanduser()
            try:
                values[name] = path.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError):
                raise BadInput("the private key cannot be read", where=str(path)) from None
        else:
            values[name] = typer.prompt(name, hide_input=name not in _OPEN).strip()
    return Credentials(kind, values)


def _variables(settings: ConnectionSettings) -> str:
    prefix = f"AWASE_{settings.name.upper().replace('-', '_')}_"
    return " / ".join(
        ", ".join(prefix + name.upper() for name in names) for names in KINDS[settings.vendor].values()
    )


def _choice(call: Call, kinds: Sequence[str]) -> str:
    for number, kind in enumerate(kinds, start=1):
        call.say("{number}. {kind}", number=number, kind=kind)
    number = int(typer.prompt(call.t("How to sign in"), type=int, default=1))
    if not 1 <= number <= len(kinds):
        raise BadInput("there is no way number {number}", where="awase connect", number=number)
    return str(kinds[number - 1])
