"""``awase serve``: the status page in a browser of this machine."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from awase.assembly import open_store
from awase.cli.call import Call, help_text, verb


def add_to(app: typer.Typer) -> None:
    """Make this verb of ``app``."""
    verb(app, "serve", "Show sync health on a page in the browser of this machine.")(serve)


def serve(
    call: Call,
    host: Annotated[
        str, typer.Option("--host", help=help_text("This machine's own address; no other is possible yet."))
    ] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(
            "--port",
            min=0,
            max=65535,
            help=help_text("Without it 8010, or any that is free."),
            show_default=False,
        ),
    ] = None,
) -> None:
    # Loaded here, so that no other verb waits for a web server.
    from awase.server import loopback_address, serve_until_stopped

    loopback_address(host)
    workspace = call.workspace()

    def tell(address: str) -> None:
        call.document({"address": address})
        call.say("Sync health: {address}  (Ctrl-C ends it)", address=address)
        sys.stdout.flush()

    async def with_store() -> None:
        async with open_store(workspace) as store:
            await serve_until_stopped(workspace, store, tell, host=host, port=port)

    call.run(with_store())
