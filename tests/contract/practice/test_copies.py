"""A practice org gives a copy of itself to whoever is signed in, and another process goes on from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from .practice_process import PracticeProcess, practice

COPY = "/.well-known/awase-practice/copy"
OBJECTS = {
    "salesforce": ("Lead", {"LastName": "山田", "Company": "合わせ"}),
    "hubspot": ("contact", {"email": "a@example.jp"}),
}


def signed_in(org: PracticeProcess) -> str:
    """A token that is good now."""
    if "access_token" in org.credentials:
        return str(org.credentials["access_token"])
    wanted = ("client_id", "client_secret")
    asked = {"grant_type": "client_credentials", **{name: org.credentials[name] for name in wanted}}
    return str(org.form("/services/oauth2/token", asked).document["access_token"])


@pytest.mark.parametrize("vendor", ["salesforce", "hubspot"])
def test_a_copy_holds_what_the_org_holds_and_goes_its_own_way(vendor: str, tmp_path: Path) -> None:
    object, row = OBJECTS[vendor]
    with practice(vendor, "original", "--seed", "5") as org:
        org.control("load", {"objects": {object: [row]}})
        org.control(
            "schema",
            {
                "object": object,
                "add_field": {"name": "Extra__c" if vendor == "salesforce" else "extra", "type": "string"},
            },
        )
        org.control("pass-time", {"seconds": 7_200})
        org.token = signed_in(org)
        answer = org.send("GET", COPY)
        assert answer.status == 200
        assert (answer.document["vendor"], answer.document["name"], answer.document["seed"]) == (
            vendor,
            "original",
            5,
        )
        file = tmp_path / "copy.snapshot"
        file.write_bytes(answer.body)
        with practice(vendor, "original", "--seed", "5", "--snapshot", str(file)) as copy:
            assert copy.control("rows", object=object) == org.control("rows", object=object)
            assert copy.control("state")["org_id"] == org.control("state")["org_id"]
            copy.control(
                "load",
                {
                    "objects": {
                        object: [{**row, **({"email": "b@example.jp"} if vendor == "hubspot" else {})}]
                    }
                },
            )
            assert len(copy.control("rows", object=object)) == len(org.control("rows", object=object)) + 1


@pytest.mark.parametrize("vendor", ["salesforce", "hubspot"])
def test_nobody_else_gets_one(vendor: str) -> None:
    with practice(vendor, "closed") as org:
        for header in ("", "Bearer wrong", f"Bearer {org.control('state')['org_id'][:15]}!wrong"):
            answer = org.send("GET", COPY, headers={"Authorization": header})
            assert (answer.status, answer.document) == (401, {"practice": True})
