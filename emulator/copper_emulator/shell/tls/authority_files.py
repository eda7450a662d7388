"""Where the local authority is kept: its key in a file that is written once and readable by its owner alone."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from copper_emulator.core.errors import AuthorityError

VARIABLE = "COPPER_EMULATOR_AUTHORITY"

_ELSEWHERE = f"Name a different folder in {VARIABLE}"


def authority_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """The folder named in the environment, or one in the platform's folder for user data. Raises AuthorityError."""
    named = environment.get(VARIABLE)
    if named:
        return Path(named)
    data = environment.get("XDG_DATA_HOME")
    if data:
        return Path(data, "copper-emulator", "authority")
    try:
        return _data_folder(environment) / "copper-emulator" / "authority"
    except RuntimeError:
        raise AuthorityError(
            f"the local authority needs a folder, and this user has no home folder: name one in {VARIABLE}"
        ) from None


def _data_folder(environment: Mapping[str, str]) -> Path:
    if sys.platform == "win32":
        local = environment.get("LOCALAPPDATA")
        return Path(local) if local else Path.home() / "AppData" / "Local"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    return Path.home() / ".local" / "share"


def kept_certificate() -> bytes | None:
    """The certificate of this user's authority, or None if there is none yet; creates nothing."""
    try:
        return KeptFiles(authority_folder()).certificate_file.read_bytes()
    except (OSError, AuthorityError):
        return None


class KeptFiles:
    """The files of an authority: `authority.pem` (key and certificate), and `certificate.pem` for others to read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self.both = self._folder / "authority.pem"
        self.certificate_file = self._folder / "certificate.pem"

    def read(self) -> bytes | None:
        """Read key and certificate, or return None if there are none yet. Raises AuthorityError."""
        try:
            with self.both.open("rb") as file:
                _check_folder(self._folder, self._folder.stat())
                _check_key(self.both, os.fstat(file.fileno()))
                return file.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise AuthorityError(f"{self.both} cannot be read: {error.strerror or error}. {_ELSEWHERE}") from None

    def keep(self, pem: bytes) -> bytes:
        """Write both, unless another process was quicker; return what is there afterwards. Raises AuthorityError."""
        with self._written():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Never write a key where another user could replace it.
            _check_folder(self._folder, self._folder.stat())
            with suppress(FileExistsError):
                _write_once(self.both, pem)
        kept = self.read()
        if kept is None:
            raise AuthorityError(f"{self.both} was deleted while it was being created: try again")
        return kept

    def certificate(self, pem: bytes) -> Path:
        """The file with the certificate alone; written if it is missing or different. Raises AuthorityError."""
        path = self.certificate_file
        with suppress(OSError):
            if path.read_bytes() == pem:
                return path
        with self._written(), _written_file(self._folder, pem) as written:
            written.chmod(0o644)
            written.replace(path)
        return path

    @contextmanager
    def _written(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise AuthorityError(
                f"the local authority cannot be kept in {self._folder}: {error.strerror or error}. {_ELSEWHERE}"
            ) from None


# Windows has no such mode bits; there, a user's folder is closed to others.


def _check_key(path: Path, found: os.stat_result) -> None:
    if os.name != "posix":
        return
    mode = stat.S_IMODE(found.st_mode)
    if not _is_trusted(found.st_uid):
        raise AuthorityError(
            f"{path} has the key of a local authority but is another user's (id {found.st_uid}), who knows it: delete "
            f"it, and a new one is created; or, if it is yours under a different id, chown {os.geteuid()} {path}"
        )
    if mode & 0o077:
        raise AuthorityError(
            f"{path} has the key of your local authority, but others can read it (mode {mode:04o}): delete it, and a "
            f"new one is created; or, if nobody can have read it, chmod 600 {path}"
        )


def _check_folder(path: Path, found: os.stat_result) -> None:
    if os.name != "posix":
        return
    mode = stat.S_IMODE(found.st_mode)
    if not _is_trusted(found.st_uid):
        raise AuthorityError(
            f"{path} is to hold the key of your local authority but is another user's (id {found.st_uid}), who could "
            f"replace it: chown {os.geteuid()} {path}, or name a different folder in {VARIABLE}"
        )
    # In a sticky folder, like /tmp, nobody can replace another user's file.
    if mode & 0o022 and not mode & stat.S_ISVTX:
        raise AuthorityError(
            f"{path} is to hold the key of your local authority, but others can write there (mode {mode:04o}): chmod "
            f"700 {path}, or name a different folder in {VARIABLE}"
        )


def _is_trusted(user: int) -> bool:
    """Whether it is this user, or root, who can read everything anyway."""
    return user in (0, os.geteuid())


def _write_once(path: Path, content: bytes) -> None:
    """Write a file completely or not at all. Raises FileExistsError if it exists."""
    with _written_file(path.parent, content) as written:
        _put_in_place(written, path)


@contextmanager
def _written_file(folder: Path, content: bytes) -> Iterator[Path]:
    """A temporary file to be put in its place; removed afterwards if it is still there."""
    # It is accessible to its owner alone from the start, whatever the umask.
    descriptor, name = tempfile.mkstemp(dir=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _put_in_place(written: Path, path: Path) -> None:
    try:
        # Unlike a rename, a link never replaces an existing file.
        path.hardlink_to(written)
    except FileExistsError:
        raise
    except OSError:
        # Some file systems have no hard links. A race there can leave one process, once, with an authority that no
        # other process has.
        if path.exists():
            raise FileExistsError(path) from None
        written.replace(path)
