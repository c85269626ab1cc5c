"""A secret text: in a variable, else made once and kept in a file that its owner alone reads."""

import hashlib
import os
import secrets
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from iae.disk import flush, held
from iae.errors import IaeError, printable

MIN_LENGTH = 16


@dataclass(frozen=True)
class Secret:
    """A secret and where it was found: the name of a variable or of a file."""

    text: str
    origin: str

    def fingerprint(self, mixed_with: str | None = None) -> str:
        """Return a slow hash that recognises the secret, salted anew or as an earlier one."""
        mixed_with = mixed_with or secrets.token_hex(16)
        return f"{mixed_with}:{_digest(self.text, mixed_with)}"

    def is_of(self, fingerprint: str) -> bool:
        """Tell whether a fingerprint is that of this secret."""
        return self.fingerprint(fingerprint.partition(":")[0]) == fingerprint


@cache
def _digest(text: str, mixed_with: str) -> str:
    return hashlib.scrypt(text.encode(), salt=mixed_with.encode(), n=1 << 14, r=8, p=1).hex()


def given_secret(variable: str) -> Secret | None:
    """Return the secret in an environment variable, None where it is not set."""
    text = os.environ.get(variable)
    return None if text is None else _usable(text, variable)


def kept_secret(path: Path) -> Secret | None:
    """Return the secret in a file, None where there is no file; raise IaeError if it is no use."""
    name = printable(path)
    try:
        if not (path.exists() or path.is_symlink()):
            return None
        if not path.is_file():
            what = "a link to nothing" if path.is_symlink() else "a folder or a device"
            raise IaeError(f"{name}: is {what}, where the file of a secret is expected.")
        status = path.stat()
        if os.name == "posix" and status.st_mode & 0o077 and status.st_uid == os.geteuid():
            path.chmod(0o600)
        text = path.read_text("utf-8", "replace")
    except OSError as error:
        raise IaeError(
            f"{name}: this file cannot be read ({error.strerror}), and nothing can be loaded "
            "without the secret in it; ask its owner."
        ) from None
    return _usable(text, name)


def _usable(text: str, origin: str) -> Secret:
    text = text.removeprefix("\ufeff").strip()  # what Notepad puts before a text
    fault = None
    if not text:
        fault = "is empty"
    elif not (text.isascii() and text.isprintable()):
        fault = "holds other characters than letters without accents, digits, signs and spaces"
    elif len(text) < MIN_LENGTH:
        fault = f"has {len(text)} characters, fewer than {MIN_LENGTH}, and can be guessed"
    if fault:
        raise IaeError(
            f"{origin}: this secret {fault}; give the one that was used before, or if nothing is "
            "loaded yet, a longer random one (openssl rand -hex 32)."
        )
    return Secret(text, origin)


def make_secret(path: Path) -> Secret:
    """Make a random secret and keep it in a file, whole or not at all; one that is there stays."""
    name = printable(path)
    new, lock = (path.with_name(f".{path.name}.{what}") for what in ("new", "lock"))
    try:
        with held(lock, f"{name}: another command is making this secret; try again."):
            if not path.exists():
                _write(new)
                new.rename(path)
                flush(path.parent)
    except OSError as error:
        raise IaeError(
            f"{name}: this secret cannot be written ({error.strerror}); "
            "make room, or ask for permission."
        ) from None
    made = kept_secret(path)
    if made is None:
        raise IaeError(f"{name}: this secret was taken away as it was made; try again.")
    return made


def _write(new: Path) -> None:
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
        flush(new)
    except OSError:
        new.unlink(missing_ok=True)
        raise
