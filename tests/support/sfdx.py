"""A small SFDX project in a folder, made of what a test says about Lead and about what its rules read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

_NIL = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"'
_NAMESPACE = 'xmlns="http://soap.sforce.com/2006/04/metadata"'


def write(folder: Path, path: str, root: str, body: str) -> None:
    """One metadata file."""
    file = folder / "force-app" / "main" / "default" / f"{path}-meta.xml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} {_NAMESPACE}>\n{body}\n</{root}>\n', "utf-8"
    )


def field(
    folder: Path, name: str, type: str, more: str = "", *, label: str = "", object: str = "Lead"
) -> None:
    """A custom field, of Lead if nothing else is said."""
    body = f"<fullName>{name}</fullName><label>{label or name}</label><type>{type}</type>{more}"
    write(folder, f"objects/{object}/fields/{name}.field", "CustomField", body)


def picklist(folder: Path, name: str, options: Sequence[str], *, label: str = "") -> None:
    """A restricted list."""
    values = "".join(
        f"<value><fullName>{one}</fullName><default>false</default><label>{one}</label></value>"
        for one in options
    )
    more = (
        f"<valueSet><restricted>true</restricted><valueSetDefinition><sorted>false</sorted>{values}"
        "</valueSetDefinition></valueSet>"
    )
    field(folder, name, "Picklist", more, label=label)


def rule(folder: Path, name: str, formula: str, message: str, *, active: bool = True) -> None:
    """A validation rule of Lead."""
    body = (
        f"<fullName>{name}</fullName><active>{str(active).lower()}</active>"
        f"<errorConditionFormula>{escape(formula)}</errorConditionFormula>"
        f"<errorMessage>{escape(message)}</errorMessage>"
    )
    write(folder, f"objects/Lead/validationRules/{name}.validationRule", "ValidationRule", body)


def setting(folder: Path, name: str, type: str = "Hierarchy") -> None:
    """A custom setting, without fields yet."""
    body = f"<label>{name}</label><customSettingsType>{type}</customSettingsType>"
    write(folder, f"objects/{name}/{name}.object", "CustomObject", body)


def metadata_type(folder: Path, name: str) -> None:
    """A custom metadata type, without fields yet."""
    write(folder, f"objects/{name}/{name}.object", "CustomObject", f"<label>{name}</label>")


def metadata_record(folder: Path, type: str, name: str, values: Mapping[str, str | None]) -> None:
    """A record of a custom metadata type; None: said to be empty."""
    written = "".join(
        f"<values><field>{field}</field>"
        + ("<value {nil}/>" if value is None else f"<value>{escape(value)}</value>").format(nil=_NIL)
        + "</values>"
        for field, value in values.items()
    )
    of = type.removesuffix("__mdt")
    write(folder, f"customMetadata/{of}.{name}.md", "CustomMetadata", f"<label>{name}</label>{written}")


def translation(folder: Path, labels: Mapping[str, str]) -> None:
    """Japanese labels of Lead's fields."""
    for name, label in labels.items():
        write(
            folder,
            f"objectTranslations/Lead-ja/{name}.fieldTranslation",
            "CustomFieldTranslation",
            f"<label>{label}</label><name>{name}</name>",
        )


def permission_set(folder: Path, name: str, *, readable: Sequence[str], editable: Sequence[str]) -> None:
    """What somebody may do with fields of Lead; records of it may be created."""
    rights = "".join(
        f"<fieldPermissions><editable>{str(one in editable).lower()}</editable><field>Lead.{one}</field>"
        "<readable>true</readable></fieldPermissions>"
        for one in dict.fromkeys([*readable, *editable])
    )
    whole = (
        "<objectPermissions><allowCreate>true</allowCreate><allowDelete>true</allowDelete><allowEdit>true</allowEdit>"
        "<allowRead>true</allowRead><object>Lead</object></objectPermissions>"
    )
    write(
        folder,
        f"permissionsets/{name}.permissionset",
        "PermissionSet",
        f"{rights}{whole}<label>{name}</label>",
    )
