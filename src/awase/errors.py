"""The one tree of public exceptions, grouped by what happens next.

    AwaseError
    ├── Retry                    wait and try again; nobody has to act
    │   ├── VendorBusy           the vendor asked us to wait, longer than one run may
    │   └── StoreBusy            the database cannot answer just now
    ├── AskPerson                a person has to do something; the text says what
    │   ├── BadInput             (exit 2) a configuration, plan file or argument is wrong
    │   ├── NotConnected         (exit 3) no credentials, refused credentials, no such host, changed org
    │   ├── StoppedByGuard       (exit 4) a guard wants an approval before anything is written
    │   └── AlreadyRunning       (exit 5) another process runs this sync
    └── Bug                      (exit 70) our mistake; an assertion about ourselves did not hold
        ├── ConsentBreach        a request that would undo an opt-out reached the last gate
        └── LostFence            a run wrote after its claim on the sync had been taken over

What concerns one record only is never an exception: it is an item (held, rejected, waiting …) in the store.

Every class that a user meets carries a *code* (stable, shown, documented) and a *text* with named places; the
Japanese text is looked up by the same English sentence in ``locale/``. ``where`` says the file, line, option or
record; ``remedy`` says what to do next.
"""

from __future__ import annotations

from typing import ClassVar


class AwaseError(Exception):
    """Base of every exception that may cross a public function."""

    code: ClassVar[str] = "AW-000"
    exit_status: ClassVar[int] = 70

    def __init__(self, text: str, /, *, where: str = "", remedy: str = "", **places: object) -> None:
        super().__init__(text)
        self.text = text
        self.where = where
        self.remedy = remedy
        self.places = places

    def __str__(self) -> str:
        sentence = self.text.format(**self.places) if self.places else self.text
        return f"{self.where}: {sentence}" if self.where else sentence


class Retry(AwaseError):
    """Nothing is wrong with the data or the set-up; the same command works later."""

    code = "AW-100"
    exit_status = 1


class VendorBusy(Retry):
    """The vendor refuses calls for longer than a run may wait (quota, maintenance, overload)."""

    code = "AW-101"


class StoreBusy(Retry):
    """The database does not answer, or answers that it is starting or stopping."""

    code = "AW-102"


class AskPerson(AwaseError):
    """A person has to change something first."""

    code = "AW-200"
    exit_status = 2


class BadInput(AskPerson):
    """A configuration, a plan file, a command line or a stored setting is wrong."""

    code = "AW-201"
    exit_status = 2


class BadConfiguration(BadInput):
    """``awase.toml`` does not say what it must, or says what it must not."""

    code = "AW-202"


class ConsentMapping(BadConfiguration):
    """An opt-out field was mapped like an ordinary field."""

    code = "AW-203"


class SchemaMismatch(BadInput):
    """A mapped field does not exist on that side, was removed, or cannot hold what would be written to it."""

    code = "AW-204"


class FilterBroken(SchemaMismatch):
    """A filter looks at a field that is not there any more: who is in the sync cannot be told."""

    code = "AW-209"


class StalePlan(BadInput):
    """A plan file belongs to an older schema, mapping or set of connections."""

    code = "AW-205"


class DamagedFile(BadInput):
    """A plan or backup file cannot be read as what it says it is."""

    code = "AW-206"


class UnknownName(BadInput):
    """No connection, sync, run or person of that name."""

    code = "AW-207"


class StoreUnusable(BadInput):
    """The database or its directory is not fit for use (settings, rights, version, path)."""

    code = "AW-208"


class NotConnected(AskPerson):
    """A connection cannot be used until a person mends it."""

    code = "AW-301"
    exit_status = 3


class SignInRefused(NotConnected):
    """The vendor refused the credentials, or a token lapsed and could not be renewed."""

    code = "AW-302"


class HostUnreachable(NotConnected):
    """The vendor's host does not exist or does not answer."""

    code = "AW-303"


class OrgChanged(NotConnected):
    """The connection leads to another org or portal than the one it was pinned to."""

    code = "AW-304"


class MixedConnections(NotConnected):
    """A practice connection and a live one in the same sync, or a live one that leads to a practice org."""

    code = "AW-305"


class MissingPermission(NotConnected):
    """The integration user may not do what the sync needs."""

    code = "AW-306"


class StoppedByGuard(AskPerson):
    """A guard stopped the plan; exactly this plan goes on after a person approved it."""

    code = "AW-401"
    exit_status = 4


class WritingIsOff(StoppedByGuard):
    """A connection is read-only, or the whole install only observes (after a restore)."""

    code = "AW-402"


class BudgetSpent(StoppedByGuard):
    """The allotment of API calls is used up until the time named."""

    code = "AW-403"


class AlreadyRunning(AskPerson):
    """Another process holds the claim on this sync."""

    code = "AW-501"
    exit_status = 5


class Bug(AwaseError):
    """An assertion about ourselves did not hold. Nothing the user did."""

    code = "AW-900"
    exit_status = 70


class ConsentBreach(Bug):
    """A request that would turn an opt-out back reached the last gate before transport and was refused."""

    code = "AW-901"


class LostFence(Bug):
    """A commit carried an epoch that is no longer the current one."""

    code = "AW-902"
