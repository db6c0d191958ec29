"""The elements of metadata files that we know (confirmed for those we read, the others from memory)."""

from __future__ import annotations

from collections.abc import Iterator

from awase.connectors.salesforce.sfdx.found import Place, Trouble
from awase_formula.metadata import Element

_FIELD = """
fullName businessOwnerGroup businessOwnerUser businessStatus caseSensitive complianceGroup customDataType defaultValue
deleteConstraint deprecated description displayFormat displayLocationInDecimal encryptionScheme escapeMarkup
externalDeveloperName externalId fieldManageability formula formulaTreatBlanksAs inlineHelpText isAIPredictionField
isConvertLeadDisabled isFilteringDisabled isNameField isSortingDisabled label length lookupFilter maskChar maskType
metadataRelationshipControllingField mktDataLakeFieldAttributes mktDataModelFieldAttributes picklist populateExistingRows
precision readOnlyProxy referenceTargetField referenceTo relationshipLabel relationshipName relationshipOrder
reparentableMasterDetail required restrictedAdminField scale securityClassification startingNumber stripMarkup
summarizedField summaryFilterItems summaryForeignKey summaryOperation trackFeedHistory trackHistory trackTrending
translateData type unique valueSet visibleLines writeRequiresMasterRead
"""
KNOWN = {
    "CustomField": frozenset(_FIELD.split()),
    "ValidationRule": frozenset(
        ["fullName", "active", "description", "errorConditionFormula", "errorDisplayField", "errorMessage"]
    ),
    "valueSet": frozenset(
        ["controllingField", "restricted", "valueSetDefinition", "valueSetName", "valueSettings"]
    ),
    "valueSetDefinition": frozenset({"sorted", "value"}),
    "GlobalValueSet": frozenset(["fullName", "customValue", "description", "masterLabel", "sorted"]),
    "StandardValueSet": frozenset(["fullName", "groupingStringEnum", "sorted", "standardValue"]),
}


def unknown_elements(element: Element, like: str, file: str) -> Iterator[Trouble]:
    """What stands in ``element`` (a ``like``) and is not known there."""
    for child in element.children:
        if child.name not in KNOWN[like]:
            yield Trouble(
                Place(file, child.line),
                kind="metadata_unknown",
                words="the element “{element}” is not known in a {parent}; it was passed over",
                places={"element": child.name, "parent": like},
            )


def is_true(element: Element, name: str, *, default: bool = False) -> bool:
    """A flag of ``element``."""
    value = element.value(name).casefold()
    return value == "true" if value else default
