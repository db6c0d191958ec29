"""Several orgs behind one address, told apart by the host that a call names and, where they share it, by who calls.

At the vendors too many orgs share a host: everybody signs in at ``login.salesforce.com`` and calls ``api.hubapi.com``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, runtime_checkable

from .front import Front
from .http import HttpRequest


@runtime_checkable
class KnowsItsOwn(Protocol):
    """An org that can live beside others."""

    @property
    def hosts(self) -> tuple[str, ...]:
        """The vendor's host names under which this org is reached."""
        ...

    def recognises(self, request: HttpRequest) -> bool:
        """Whether the call carries a token, a client id or a user name of this org."""
        ...


class Switchboard:
    """Which org a call is for. The first one that was added answers under any other name, such as an address."""

    def __init__(self) -> None:
        self._fronts: list[tuple[Front, frozenset[str]]] = []

    def add(self, front: Front, hosts: Iterable[str] = ()) -> None:
        """Take an org in. hosts: further names of it, beside the vendor's own."""
        own = front.org.hosts if isinstance(front.org, KnowsItsOwn) else ()
        self._fronts.append((front, frozenset(name.lower() for name in (*own, *hosts))))

    def front_for(self, request: HttpRequest) -> Front:
        """The org that answers this call."""
        if len(self._fronts) == 1:
            return self._fronts[0][0]
        named = [front for front, hosts in self._fronts if bare_host(request.host) in hosts]
        for front in named if len(named) > 1 else ():
            if isinstance(front.org, KnowsItsOwn) and front.org.recognises(request):
                return front
        return named[0] if named else self._fronts[0][0]

    def hosts(self) -> tuple[str, ...]:
        """Every name under which an org is reached, for certificates."""
        return tuple(sorted(frozenset[str]().union(*(hosts for _, hosts in self._fronts))))


def bare_host(host: str) -> str:
    """A Host header without its port, in lower case."""
    return host.rpartition(":")[0].lower() if not host.endswith("]") and ":" in host else host.lower()
