"""Which options do the commands that speak to a PACS share, and what do they need?"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Annotated

import typer

from vfa.errors import UsageError

OUR_AE_TITLE = "VFA"
NEEDED = ("pynetdicom", "dicomweb_client")

AeTitle = Annotated[str, typer.Option(metavar="AET", help="Our AE title.")]
TlsCertificate = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Our certificate (PEM): the line is encrypted.", show_default=False)
]
TlsKey = Annotated[Path | None, typer.Option(metavar="FILE", help="Its private key (PEM).", show_default=False)]
TlsAuthority = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Certificates of those we trust (PEM).", show_default=False)
]


def check_extra() -> None:
    """Raise UsageError where the extra `pacs` is not installed."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise UsageError(f"this needs {', '.join(missing)}; install it with pip install 'vfa[pacs]'")
