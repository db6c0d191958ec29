"""How fast and how large a practice Salesforce org is: ``.venv/bin/python bench/practice.py [--contacts N]``.

Prints JSON: contact writes a second through Collections and rows a second through Bulk query, both over real HTTP to an
org in a process of its own, and the bytes that a contact takes in that process before it has any history. On a busy
machine the figures by the org's own processor time tell more than those by the clock.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

TARGETS = {"contact_writes_per_second": 5_000, "bulk_rows_per_second": 40_000, "bytes_per_contact": 4_096}
_DATA = "/services/data/v65.0"
_BATCH = 200
SIZED = 20_000
_FIELDS = (
    "Id, LastName, FirstName, Email, Phone, Title, MailingCity, LeadSource, Awase_Key__c, LastModifiedDate"
)


class Org:
    """A practice org and one connection that is kept open, as a sync client keeps it."""

    def __init__(self, ready: dict[str, Any]) -> None:
        self._control = http.client.HTTPConnection(urlsplit(ready["control"]).netloc, timeout=600)
        self._connection = http.client.HTTPConnection(urlsplit(ready["url"]).netloc, timeout=600)
        names = ("client_id", "client_secret")
        form = {"grant_type": "client_credentials", **{name: ready["credentials"][name] for name in names}}
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        token = json.loads(self.send("POST", "/services/oauth2/token", urlencode(form).encode(), kind)[0])
        self._headers = {
            "Authorization": f"Bearer {token['access_token']}",
            "Content-Type": "application/json",
        }

    def send(
        self, method: str, target: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[bytes, http.client.HTTPResponse]:
        """One call to the vendor's API. Raises RuntimeError if it fails."""
        self._connection.request(method, target, body, headers or self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {target}: {answer.status} {content[:300]!r}")
        return content, answer

    def control(self, name: str, body: object) -> Any:
        """One control call."""
        self._control.request("POST", f"/_practice/{name}", json.dumps(body))
        return json.loads(self._control.getresponse().read())


def contact(number: int) -> dict[str, Any]:
    """A contact as a sync writes it."""
    return {
        "LastName": f"田中{number}",
        "FirstName": "一郎",
        "Email": f"tanaka{number}@example.jp",
        "Phone": "03-1234-5678",
        "Title": "部長",
        "MailingCity": "千代田区",
        "LeadSource": "Web",
        "HasOptedOutOfEmail": False,
        "Awase_Key__c": f"key-{number}",
    }


def writes_per_second(org: Org, contacts: int) -> float:
    """Creates through Collections, one call after the other."""
    bodies = [
        json.dumps(
            {
                "allOrNone": False,
                "records": [
                    {"attributes": {"type": "Contact"}, **contact(n)} for n in range(first, first + _BATCH)
                ],
            }
        ).encode()
        for first in range(0, contacts, _BATCH)
    ]
    began = time.perf_counter()
    answers = [org.send("POST", f"{_DATA}/composite/sobjects", body)[0] for body in bodies]
    seconds = time.perf_counter() - began
    failed = sum(not each["success"] for answer in answers for each in json.loads(answer))
    if failed:
        raise RuntimeError(f"{failed} contacts were refused")
    return len(bodies) * _BATCH / seconds


def rows_per_second(org: Org, expected: int) -> float:
    """A whole Bulk query: the job, waiting for it, and all of its pages."""
    query = {"operation": "query", "query": f"SELECT {_FIELDS} FROM Contact"}  # noqa: S608
    began = time.perf_counter()
    job = json.loads(org.send("POST", f"{_DATA}/jobs/query", json.dumps(query).encode())[0])
    while json.loads(org.send("GET", f"{_DATA}/jobs/query/{job['id']}")[0])["state"] != "JobComplete":
        time.sleep(0.05)
    rows, locator = 0, ""
    while locator != "null":
        asked = urlencode({"maxRecords": 50_000, **({"locator": locator} if locator else {})})
        content, answer = org.send("GET", f"{_DATA}/jobs/query/{job['id']}/results?{asked}")
        rows += content.count(b"\n") - 1
        locator = answer.headers["Sforce-Locator"]
    seconds = time.perf_counter() - began
    if rows != expected:
        raise RuntimeError(f"{rows} rows were read, not {expected}")
    return rows / seconds


def cpu_seconds(process_id: int) -> float:
    """What a process has had of the processor so far."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_bytes(process_id: int) -> int:
    """What a process holds in memory."""
    status = Path(f"/proc/{process_id}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))) * 1024


def bytes_per_contact(org: Org, process_id: int) -> float:
    """The growth of the process with contacts that nobody changed, loaded in small parts so that no request counts."""

    def load(first: int, count: int) -> None:
        for start in range(first, first + count, 500):
            rows = [contact(10**7 + n) for n in range(start, start + 500)]
            org.control("load", {"objects": {"Contact": rows}})

    load(0, 2_000)
    before = resident_bytes(process_id)
    load(2_000, SIZED)
    return (resident_bytes(process_id) - before) / SIZED


def measured(contacts: int) -> dict[str, float]:
    """All three figures."""
    command = [sys.executable, "-m", "awase_practice.server", "--vendor", "salesforce", "--org", "bench"]
    with subprocess.Popen(
        [*command, "--until-stdin-closes"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        org = Org(json.loads(process.stdout.readline()))
        figures: dict[str, float] = {}
        for name, measure in (("contact_writes", writes_per_second), ("bulk_rows", rows_per_second)):
            before = cpu_seconds(process.pid)
            figures[f"{name}_per_second"] = measure(org, contacts)
            used = max(cpu_seconds(process.pid) - before, 0.01)
            figures[f"{name}_per_cpu_second_of_the_org"] = contacts / used
        figures["bytes_per_contact"] = bytes_per_contact(org, process.pid)
        process.stdin.close()
        process.wait(60)
    return {name: round(value) for name, value in figures.items()}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Measure a practice Salesforce org.")
    parser.add_argument("--contacts", type=int, default=SIZED)
    figures = measured(parser.parse_args().contacts)
    print(json.dumps({"figures": figures, "targets": TARGETS}, indent=2))


if __name__ == "__main__":
    main()
