"""`vfa listen`: receive studies from a PACS, assess each, and send the results back."""

from __future__ import annotations

import logging
import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from vfa.cli import network, options
from vfa.cli.network import AeTitle, TlsAuthority, TlsCertificate, TlsKey

REGISTERED_PORT = 11112  # IANA's for DICOM

Store = Annotated[
    Path,
    typer.Option(metavar="DIR", help="Where received studies are kept until they are answered, and a while after."),
]
AnswerTo = Annotated[str, typer.Option(metavar="AET@HOST:PORT", help="Who gets the results, by C-STORE.")]
Allow = Annotated[
    list[str], typer.Option(metavar="AET", help="A caller that may send; may be repeated. '*' lets in anyone.")
]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Where we listen; 0 for any free port.")]
Address = Annotated[str, typer.Option(metavar="IP", help="The interface we listen on; all by default.")]
Quiet = Annotated[float, typer.Option(min=0.5, metavar="SECONDS", help="A study is complete after so long a silence.")]
MostOpen = Annotated[
    int, typer.Option(min=1, help="So many unanswered studies at most; then new ones are turned away.")
]
KeepDays = Annotated[float, typer.Option(min=0, metavar="DAYS", help="Answered studies are deleted after so long.")]
LeastFree = Annotated[float, typer.Option(min=0, metavar="GIB", help="So much of the disk stays free.")]
Profiles = Annotated[
    list[str] | None,
    typer.Option("--profile", metavar="NAME|FILE", help="Rules to judge by, as for assess.", show_default=False),
]


def listen(
    store: Store,
    answer_to: AnswerTo,
    allow: Allow,
    port: Port = REGISTERED_PORT,
    address: Address = "",
    ae_title: AeTitle = network.OUR_AE_TITLE,
    quiet: Quiet = 60.0,
    most_open: MostOpen = 100,
    keep_days: KeepDays = 7.0,
    least_free_gib: LeastFree = 2.0,
    profile: Profiles = None,
    segmenter: options.SegmenterName = "built-in",
    tls_certificate: TlsCertificate = None,
    tls_key: TlsKey = None,
    tls_authority: TlsAuthority = None,
) -> None:
    """Receive studies (C-STORE), assess each once it is complete, and send SEG, SR, PDF and picture back.

    A study that was taken in is answered, also when this process is killed in between and started again.
    """
    network.check_extra()
    from vfa.pacs.answer import assess_apart
    from vfa.pacs.listen import Door, Listener, inbox_at
    from vfa.pacs.peer import check_ae_title, parse_peer, tls_files
    from vfa.pacs.send import Caller

    tls = tls_files(tls_certificate, tls_key, tls_authority)
    title = check_ae_title(ae_title)
    door = Door(title, port, tuple(allow), address, tls)
    peer, caller = parse_peer(answer_to), Caller(title, tls)
    stop = threading.Event()
    for name in ("SIGTERM", "SIGINT"):
        signal.signal(getattr(signal, name), lambda number, frame: stop.set())
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.WARNING)
    logging.getLogger("vfa").setLevel(logging.INFO)
    rules = [word for name in profile or () for word in ("--profile", name)]
    assess = assess_apart(["--segmenter", segmenter, *rules], stop)
    inbox = inbox_at(store, most_open, least_free_gib)
    try:
        listener = Listener(inbox, door, peer, caller, assess, quiet, keep_days)
        listener.run(stop, lambda taken: typer.echo(f"Listening as {title} on port {taken}; answers go to {peer}"))
    finally:
        inbox.release()
