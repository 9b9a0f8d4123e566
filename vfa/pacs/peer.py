"""Who is at the other end of a DICOM association, and how is the line between them kept private?"""

from __future__ import annotations

import re
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pynetdicom import evt

from vfa.errors import UsageError

OUR_AE_TITLE = "VFA"
HANDSHAKE_SECONDS = 10.0
_AE_TITLE = re.compile(r"[!-\[\]-~]([ -\[\]-~]{0,14}[!-\[\]-~])?")  # AE, PS3.5 6.2: printable, no backslash, ≤ 16
_PEER = re.compile(r"(?P<title>[^@]+)@(?P<host>\[[0-9a-fA-F:]+\]|[^@:\s]+):(?P<port>\d{1,5})")


def check_ae_title(title: str) -> str:
    """The title if it is one; raises UsageError otherwise."""
    if _AE_TITLE.fullmatch(title) is None:
        raise UsageError(f"AE title: expected 1–16 printable characters without a backslash, got {title!r}")
    return title


@dataclass(frozen=True)
class Peer:
    """An application entity on the network."""

    ae_title: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.ae_title}@{self.host}:{self.port}"


def parse_peer(text: str) -> Peer:
    """The peer of "AET@host:port"; an IPv6 address stands in brackets.

    Raises:
        UsageError: for anything else.
    """
    parts = _PEER.fullmatch(text.strip())
    if parts is None or not 0 < int(parts["port"]) < 65536:
        raise UsageError(f"expected AET@host:port such as ORTHANC@127.0.0.1:4242, got {text!r}")
    return Peer(check_ae_title(parts["title"]), parts["host"].strip("[]"), int(parts["port"]))


class _PatientContext(ssl.SSLContext):
    """A context whose handshakes end: the listener takes no other call while one is going on."""

    def wrap_socket(self, sock: socket.socket, *options: Any, **named: Any) -> ssl.SSLSocket:
        before = sock.gettimeout()
        sock.settimeout(HANDSHAKE_SECONDS)
        try:
            wrapped = super().wrap_socket(sock, *options, **named)
        except OSError:
            sock.close()
            raise
        wrapped.settimeout(before)
        return wrapped


@dataclass(frozen=True)
class TlsFiles:
    """What proves who we are and whom we trust; PEM files. Both ends must show a certificate of the authority.

    Args:
        certificate: ours.
        key: its private key.
        authority: certificates of those we trust.
    """

    certificate: Path
    key: Path
    authority: Path

    def context(self, side: Literal["calling", "called"]) -> ssl.SSLContext:
        """A context for calling, or for being called.

        Raises:
            UsageError: if a file is missing or is not what it should be.
        """
        context = _PatientContext(ssl.PROTOCOL_TLS_CLIENT if side == "calling" else ssl.PROTOCOL_TLS_SERVER)
        try:
            context.load_verify_locations(str(self.authority))
            context.load_cert_chain(str(self.certificate), str(self.key))
        except (OSError, ssl.SSLError) as error:
            raise UsageError(
                f"--tls-certificate, --tls-key and --tls-authority: expected PEM files that belong together ({error})"
            ) from error
        context.minimum_version = ssl.TLSVersion.TLSv1_2  # PS3.15 B.12 asks for at least it
        context.verify_mode = ssl.CERT_REQUIRED
        return context


def tls_files(certificate: Path | None, key: Path | None, authority: Path | None) -> TlsFiles | None:
    """The three files, or None when none is given; raises UsageError when only some are."""
    if certificate is None and key is None and authority is None:
        return None
    if certificate is None or key is None or authority is None:
        raise UsageError("--tls-certificate, --tls-key and --tls-authority: give all three, or none for no TLS")
    return TlsFiles(certificate, key, authority)


def without_delay(event: evt.Event) -> None:
    """Send small packets at once: waiting for their acknowledgement costs a hundredfold over many small images."""
    connection = event.assoc.dul.socket.socket
    if connection is not None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


QUICK: tuple[tuple[evt.InterventionEvent | evt.NotificationEvent, object], ...] = ((evt.EVT_CONN_OPEN, without_delay),)


def as_words(status: int, meaning: str | None) -> str:
    """A DIMSE status for a reader: what it means, as far as that is known, and its number."""
    return f"{meaning or 'refused'} (status 0x{status:04X})"
