"""Several practice orgs behind one port, told apart by host and by who calls; http and https."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from .practice_process import PracticeProcess, Reply, practice

DATA = "/services/data/v65.0"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("authority")


@pytest.fixture(scope="module")
def house(folder: Path) -> Iterator[PracticeProcess]:
    also = (
        "--also",
        "salesforce:osaka",
        "--also",
        "salesforce:kyoto=crm.kyoto.example",
        "--also",
        "hubspot:ma",
    )
    with practice("salesforce", "tokyo", *also, "--tls", str(folder)) as house:
        yield house


def client(org: dict[str, Any]) -> dict[str, str]:
    wanted = ("client_id", "client_secret", "refresh_token")
    return {"grant_type": "refresh_token", **{name: org["credentials"][name] for name in wanted}}


def token_at(house: PracticeProcess, host: str, org: dict[str, Any]) -> Reply:
    """A token call to a host, with the credentials of an org."""
    text = "&".join(f"{name}={value}" for name, value in client(org).items())
    headers = {"Host": host, "Content-Type": "application/x-www-form-urlencoded", "Authorization": ""}
    return house.send("POST", "/services/oauth2/token", text, headers)


def test_each_org_answers_under_its_own_domain(house: PracticeProcess) -> None:
    for org, name in zip(house.orgs[:3], ("tokyo", "osaka", "kyoto"), strict=True):
        opened = token_at(house, f"{name}.my.salesforce.com", org).document
        assert opened["instance_url"] == f"http://{name}.my.salesforce.com"
        assert opened["id"].split("/")[-2] == org["org_id"]
        query = f"{DATA}/query?q=SELECT+Id,Name+FROM+Organization"
        headers = {"Host": f"{name}.my.salesforce.com", "Authorization": f"Bearer {opened['access_token']}"}
        (record,) = house.send("GET", query, headers=headers).document["records"]
        assert (record["Id"], record["Name"]) == (org["org_id"], name)


def test_a_shared_log_in_host_finds_the_org_by_its_client_and_sends_it_home(house: PracticeProcess) -> None:
    for org, name in zip(house.orgs[:3], ("tokyo", "osaka", "kyoto"), strict=True):
        opened = token_at(house, "login.salesforce.com", org).document
        assert opened["instance_url"] == f"http://{name}.my.salesforce.com"
        assert opened["id"].startswith("http://login.salesforce.com/id/")


def test_a_token_of_one_org_is_worth_nothing_at_another(house: PracticeProcess) -> None:
    token = token_at(house, "osaka.my.salesforce.com", house.orgs[1]).document["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert (
        house.send("GET", f"{DATA}/limits", headers={**headers, "Host": "osaka.my.salesforce.com"}).status
        == 200
    )
    refused = house.send("GET", f"{DATA}/limits", headers={**headers, "Host": "crm.kyoto.example"})
    assert (refused.status, refused.code) == (401, "INVALID_SESSION_ID")
    strange = token_at(house, "login.salesforce.com", {"credentials": dict.fromkeys(house.credentials, "x")})
    assert (strange.status, strange.document["error"]) == (400, "invalid_client_id")


def test_the_other_vendor_has_its_own_host_on_the_same_port(house: PracticeProcess) -> None:
    portal = house.orgs[3]
    headers = {"Host": "api.hubapi.com", "Authorization": f"Bearer {portal['credentials']['access_token']}"}
    assert house.send("GET", "/crm/v3/objects/contacts", headers=headers).status == 200
    assert (
        house.send("GET", "/crm/v3/objects/contacts", headers={**headers, "Host": "localhost"}).status == 401
    )


def test_every_org_has_a_control_port_of_its_own(house: PracticeProcess) -> None:
    seen = [replace(house, control_url=org["control"]).control("state")["org_id"] for org in house.orgs]
    assert seen == [org["org_id"] for org in house.orgs]
    assert len(set(seen)) == 4
    assert house.send("GET", "/_practice/state").status != 200


def test_https_is_trusted_by_who_trusts_the_authority(house: PracticeProcess, folder: Path) -> None:
    trusting = ssl.create_default_context(cafile=house.ready["ca"])
    trusting.verify_flags |= ssl.VERIFY_X509_STRICT
    _, port = house.ready["tls_url"].rsplit(":", 1)
    connection = http.client.HTTPSConnection("localhost", int(port), context=trusting)
    connection.request("GET", "/services/data")
    assert json.loads(connection.getresponse().read())[-1]["version"] == "68.0"
    connection.close()
    with pytest.raises(ssl.SSLCertVerificationError):
        http.client.HTTPSConnection("localhost", int(port)).connect()
    assert (folder / "ca-key.pem").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("host", ["login.salesforce.com", "osaka.my.salesforce.com", "api.hubapi.com"])
def test_the_certificate_covers_the_vendors_hosts(house: PracticeProcess, host: str) -> None:
    _, port = house.ready["tls_url"].rsplit(":", 1)
    trusting = ssl.create_default_context(cafile=house.ready["ca"])
    with (
        socket.create_connection(("127.0.0.1", int(port)), 10) as plain,
        trusting.wrap_socket(plain, server_hostname=host) as secured,
    ):
        assert secured.version() == "TLSv1.3"


def test_an_authority_is_made_once(folder: Path, house: PracticeProcess) -> None:
    before = (folder / "ca.pem").read_bytes()
    with practice("hubspot", "later", "--tls", str(folder)) as later:
        assert later.ready["ca"] == str(folder / "ca.pem")
    assert (folder / "ca.pem").read_bytes() == before


def test_an_org_of_no_vendor_is_refused_on_the_command_line() -> None:
    command = [sys.executable, "-m", "awase_practice.server", "--vendor", "salesforce", "--org", "x"]
    ended = subprocess.run([*command, "--also", "nobody:x"], capture_output=True, text=True, timeout=20)
    assert ended.returncode == 2
    assert "--also" in ended.stderr


def test_a_practice_org_listens_on_this_machine_only_unless_told() -> None:
    command = [sys.executable, "-m", "awase_practice.server", "--vendor", "salesforce", "--org", "open"]
    ended = subprocess.run(
        [*command, "--listen", "0.0.0.0"],  # noqa: S104  (which is what must be refused)
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "listens on this machine only, unless --listen-anywhere is given" in ended.stderr
