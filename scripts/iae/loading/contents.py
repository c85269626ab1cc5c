"""What a file is when it is not what was expected, told by its first bytes."""

import re

from iae.loading.containers import Delivered

_HEAD_BYTES = 1 << 16
_HELD_BYTES = 64 << 20

_PACK_AGAIN = "unpack it and deliver the file as it is, gzipped or as .zip"
_ASK_AGAIN = "ask for the file again"
_SAVE_AS_CSV = "save it as CSV"
_DOWNLOAD_AGAIN = "download the file again, logged in"

# First bytes, what they are the first bytes of, and what to do.
_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _PACK_AGAIN),
    (b"Rar!\x1a\x07", "a RAR archive", _PACK_AGAIN),
    (b"\xfd7zXZ\x00", "an xz archive", _PACK_AGAIN),
    (b"BZh", "a bzip2 archive", _PACK_AGAIN),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", _PACK_AGAIN),
    (b"\x04\x22\x4d\x18", "an lz4 archive", _PACK_AGAIN),
    (b"\x1f\x9d", "an archive of compress (.Z)", _PACK_AGAIN),
    (b"MSCF", "a Windows cabinet", _PACK_AGAIN),
    (b"PK\x07\x08", "the first part of a Zip in several parts", "pack it again in one part"),
    (b"%PDF", "a PDF document", _ASK_AGAIN),
    (b"\x89PNG", "an image (PNG)", _ASK_AGAIN),
    (b"\xff\xd8\xff", "an image (JPEG)", _ASK_AGAIN),
    (b"GIF8", "an image (GIF)", _ASK_AGAIN),
    (b"{\\rtf", "a text document (RTF)", _ASK_AGAIN),
    (b"PAR1", "a Parquet file", _SAVE_AS_CSV),
    (b"SQLite format 3\x00", "an SQLite database", _SAVE_AS_CSV),
    (b"\x00\x01\x00\x00Standard", "an Access database", _SAVE_AS_CSV),
    (b"version https://git-lfs", "a pointer of Git LFS, not the file", "fetch the file itself"),
    (b"-----BEGIN PGP", "an encrypted file (PGP)", "decrypt it first"),
    (b"MZ", "a program", _ASK_AGAIN),
    (b"\x7fELF", "a program", _ASK_AGAIN),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Streams of an OLE file, by the names that tell what it is.
_OLE_STREAMS = (
    ("EncryptedPackage", "a workbook protected by a password", "save it without one"),
    ("WordDocument", "a Word document", _ASK_AGAIN),
    ("PowerPoint Document", "a presentation", _ASK_AGAIN),
    ("__substg1.0", "an e-mail of Outlook", "deliver the file attached to it"),
    ("Workbook", "an Excel workbook", _SAVE_AS_CSV),
    ("Book", "an Excel workbook", _SAVE_AS_CSV),
)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_HTML = re.compile(rb"<(!doctype html|html|head|body|meta|script|title|table|div)[\s>]")
_JSON = re.compile(rb'\{\s*["}]|\[\s*[-\d\[{"\]]')
_E_MAIL = re.compile(rb"(from|to|subject|received|return-path|mime-version|x-[\w-]+): ")


def description(item: Delivered) -> tuple[str, str] | None:
    """Return what a file is, and what to do; None for text in columns, or what nobody knows."""
    with item.open() as stream:
        head = stream.read(_HEAD_BYTES)
        if head.startswith((b"PK", _OLE)):
            # What such a file holds is named at its end, or anywhere.
            head += stream.read(_HELD_BYTES)
    if not head:
        return "empty", _ASK_AGAIN
    if not head.strip(b"\x00"):
        return "made of zeros only, as a copy that failed is", _ASK_AGAIN
    for magic, what, advice in _MAGIC:
        if head.startswith(magic):
            return what, advice
    if head.startswith(b"PK"):
        return _zipped(head)
    if head.startswith(_OLE):
        for name, what, advice in _OLE_STREAMS:
            if name.encode("utf-16-le") in head:
                return what, advice
        return "a file of an older Office, of no known kind", _ASK_AGAIN
    if head[8:12] == b"DUCK":
        return "a DuckDB database", _SAVE_AS_CSV
    if head.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")) or _has_zeros(head, 3, of=4):
        return "a text in UTF-32", "save it in UTF-8"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or _has_zeros(head, 1, of=2):
        return "a text in UTF-16", "save it in UTF-8"
    return _text(head)


def _zipped(head: bytes) -> tuple[str, str]:
    """Tell workbooks and documents, the only Zips that are not unpacked."""
    if b"word/" in head or b"opendocument.text" in head:
        return "a text document", _ASK_AGAIN
    if b"ppt/" in head or b"opendocument.presentation" in head:
        return "a presentation", _ASK_AGAIN
    if b"xl/" in head or b"opendocument.spreadsheet" in head:
        return "a workbook", _SAVE_AS_CSV
    return "a document or a program", _ASK_AGAIN


def _has_zeros(head: bytes, nb_zeros: int, of: int) -> bool:
    """Tell UTF-16 and UTF-32 without a mark: `nb_zeros` of the `of` bytes of a letter are zero."""
    start = head[:1000]
    places = [start[place::of] for place in range(of)]
    nb_mostly_zero = sum(place.count(0) > 0.8 * len(place) for place in places if place)
    return len(start) >= of and nb_mostly_zero == nb_zeros


def _text(head: bytes) -> tuple[str, str] | None:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    start = text[:1000].lower()
    if _HTML.match(start) or b"<html" in start:
        return "a web page (HTML), perhaps of a login", _DOWNLOAD_AGAIN
    if b"mso-application" in start or b"urn:schemas-microsoft-com:office:spreadsheet" in start:
        return "a workbook in XML (Excel 2003)", "save it as CSV or .xlsx"
    if start.startswith(b"<"):
        return "an XML file", _ASK_AGAIN
    if _JSON.match(start):
        return "a JSON file", _SAVE_AS_CSV
    if _E_MAIL.match(start):
        return "an e-mail", "deliver the file attached to it"
    if len(_CONTROL.findall(text)) > len(text) // 20:
        return "no text", _ASK_AGAIN
    if b"\r" in text and b"\n" not in text:
        return "a text whose lines end in CR alone, as on old Macs", "save it with line ends CR LF"
    return None
