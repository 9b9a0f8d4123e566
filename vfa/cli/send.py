"""`vfa send`: a result into the PACS."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vfa.cli import network
from vfa.cli.network import AeTitle, TlsAuthority, TlsCertificate, TlsKey

Result = Annotated[
    Path, typer.Argument(metavar="RESULT", help="A result folder, a folder of DICOM objects, or one.", exists=True)
]
To = Annotated[
    str, typer.Option("--to", metavar="AET@HOST:PORT|URL", help="Whom: C-STORE, or STOW-RS for an http(s) address.")
]
CommitPort = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=65535,
        metavar="PORT",
        help="Ask for storage commitment, and wait for the PACS's call on this port, which it must know.",
        show_default=False,
    ),
]
CommitSeconds = Annotated[float, typer.Option(min=0, metavar="SECONDS", help="How long to wait for it.")]


def send(
    result: Result,
    to: To,
    ae_title: AeTitle = network.OUR_AE_TITLE,
    commit_port: CommitPort = None,
    commit_seconds: CommitSeconds = 30.0,
    tls_certificate: TlsCertificate = None,
    tls_key: TlsKey = None,
    tls_authority: TlsAuthority = None,
) -> None:
    """Send the DICOM objects of a result to a PACS; sending again is safe."""
    network.check_extra()
    from vfa.pacs.peer import check_ae_title, parse_peer, tls_files
    from vfa.pacs.send import Caller, objects_of
    from vfa.pacs.send import send as send_objects
    from vfa.pacs.stow import is_web_address, store_on_the_web

    files = objects_of(result)
    if is_web_address(to):
        store_on_the_web(files, to)
        typer.echo(f"{len(files)} objects stored at {to}")
        return
    tls = tls_files(tls_certificate, tls_key, tls_authority)
    caller = Caller(check_ae_title(ae_title), tls, commit_port, commit_seconds)
    sent = send_objects(files, parse_peer(to), caller)
    typer.echo(f"{len(sent.stored)} objects stored at {to}; {sent.commitment}")
