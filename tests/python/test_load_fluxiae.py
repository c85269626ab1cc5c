"""The FluxIAE reader: what is written is read back, record by record, line by line."""

from __future__ import annotations

import gzip
import os
import threading
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iae.loading.blocks import filled_ahead
from iae.loading.containers import delivered
from iae.loading.declaration import Table
from iae.loading.formats.fluxiae import open_fluxiae
from iae.loading.formats.records import Reading
from iae.loading.landing import NotAsCountedError, Target, land, with_lines

COLUMNS = ("id", "name", "note")


def read(
    folder: Path, content: bytes, columns: tuple[str, ...] = COLUMNS
) -> tuple[list[tuple[object, ...]], Reading]:
    """Rows (columns, then line) and the reading, as the loader reads a file."""
    path = folder / "fluxIAE_Table_22022022_112211.csv"
    path.write_bytes(content)
    target = Target(Table("table", "", "", columns), "landed", "lines")
    for is_careful in (False, True):
        with duckdb.connect() as connection:
            [item] = delivered(path, path.name, None)
            reading = open_fluxiae(item, columns, is_careful)
            try:
                with filled_ahead([reading], lambda _: None) as blocks:
                    first_line = land(connection, target, reading, blocks, None)
            except NotAsCountedError:
                continue
            finally:
                reading.close()
            names = ", ".join(columns)
            source = with_lines(target, first_line)
            rows = connection.execute(
                f"select {names}, _line from {source} order by _line"
            ).fetchall()
            assert len(rows) == reading.nb_records
            return rows, reading
    raise AssertionError


def rejected(reading: Reading) -> list[tuple[int, str]]:
    return [(one.line, one.reason) for one in reading.rejections]


HEADER = b"id|name|note\n"


@pytest.fixture(params=["memory files", "parameters"])
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Linux, and a system without files in memory only, as macOS and Windows are."""
    if request.param == "parameters":
        monkeypatch.delattr(os, "memfd_create", raising=False)
    return str(request.param)


READ: dict[str, tuple[bytes, list[tuple[object, ...]]]] = {
    "neither DEB nor FIN": (HEADER + b"1|a|b\n", [("1", "a", "b", 2)]),
    "DEB and FIN": (
        b"DEBTable22022022_112211||\n" + HEADER + b"1|a|b\nFIN1||\n",
        [("1", "a", "b", 3)],
    ),
    "BOM and CRLF": (
        b"\xef\xbb\xbfDEBTable22022022_112211||\r\nid|name|note\r\n1|a|\xc3\xa9\r\nFIN1||\r\n",
        [("1", "a", "é", 3)],
    ),
    "no line end at the end": (HEADER + b"1|a|b", [("1", "a", "b", 2)]),
    "a lone quote is data": (HEADER + b'1|"|b"\n', [("1", '"', 'b"', 2)]),
    "empty is NULL, white space kept": (HEADER + b"1|| \n", [("1", None, " ", 2)]),
    "blank lines are skipped and counted": (
        b"\n" + HEADER + b"1|a|b\n\n\n2|c|d\n\n",
        [("1", "a", "b", 3), ("2", "c", "d", 6)],
    ),
    "break in a middle field": (
        HEADER + b"1|a1\na2|b\n2|c|d\n",
        [("1", "a1\na2", "b", 2), ("2", "c", "d", 4)],
    ),
    "breaks in the last field": (
        HEADER + b"1|a|b1\nb2\nb3\n2|c|d\n",
        [("1", "a", "b1\nb2\nb3", 2), ("2", "c", "d", 5)],
    ),
    "break in a last field, then in a middle one": (
        HEADER + b"1|a|b1\nb2\n2|c1\nc2|d\n3|e|f\n",
        [("1", "a", "b1\nb2", 2), ("2", "c1\nc2", "d", 4), ("3", "e", "f", 6)],
    ),
    "blank line within a field": (
        HEADER + b"1|a|b1\n\nb2\n2|c|d\n",
        [("1", "a", "b1\n\nb2", 2), ("2", "c", "d", 5)],
    ),
    "break in the very last field": (
        HEADER + b"1|a|b\n2|c|d1\nd2\n",
        [("1", "a", "b", 2), ("2", "c", "d1\nd2", 3)],
    ),
    "bare LF in a CRLF file": (
        b"id|name|note\r\n1|a1\na2|b\r\n2|c|d1\nd2\r\n3|e|f\r\n",
        [("1", "a1\na2", "b", 2), ("2", "c", "d1\nd2", 4), ("3", "e", "f", 6)],
    ),
    "bare LF between whole records of a CRLF file, which joined would fit no more": (
        b"id|name|note\r\n1|a|b\n2|c|d\r\n3|e|f\n4|g1\ng2|h\r\n",
        [("1", "a", "b", 2), ("2", "c", "d", 3), ("3", "e", "f", 4), ("4", "g1\ng2", "h", 5)],
    ),
    "in a CRLF file, CRLF before a fragment ends the record before": (
        b"id|name|note\r\n1|a|b\r\nx\ny|c|d\r\n",
        [("1", "a", "b", 2), ("x\ny", "c", "d", 3)],
    ),
    "first column text and last a number: the fragment begins the next record": (
        b"id|name|note\nlabel|a|12\nlong\nlabel|b|13\n",
        [("label", "a", "12", 2), ("long\nlabel", "b", "13", 3)],
    ),
    "CRLF lines in an LF file": (
        HEADER + b"1|a\r\n2|b|c\r\n3|d|e\n",
        [("2", "b", "c", 3), ("3", "d", "e", 4)],
    ),
    "our quote as data": (HEADER + b"1|a\x02|\x02\n", [("1", "a\x02", "\x02", 2)]),
    "no record": (HEADER, []),
    "no record, announced": (HEADER + b"FIN0||\n", []),
}


@pytest.mark.usefixtures("system")
@pytest.mark.parametrize(("content", "rows"), READ.values(), ids=READ)
def test_records_are_read(tmp_path: Path, content: bytes, rows: list[tuple[object, ...]]) -> None:
    assert read(tmp_path, content)[0] == rows


UNFIT: dict[str, tuple[bytes, list[int], list[tuple[int, str]]]] = {
    "too few": (b"1|a\n2|b|c\n", [3], [(2, "too few columns")]),
    "too many": (b"1|a|b|c\n2|b|c\n", [3], [(2, "too many columns")]),
    "too many and too few make up for each other": (
        b"1|a|b|c\n2|b\n3|c|d\n",
        [4],
        [(2, "too many columns"), (3, "too few columns")],
    ),
    "not UTF-8": (b"1|a|b\n2|\xe9|c\n", [2], [(3, "invalid bytes")]),
    "NUL": (b"1|a|b\n2|\x00|c\n", [2], [(3, "invalid bytes")]),
    "header": (b"1|a|b\nid|name|note\n2|b|c\n", [2, 4], [(3, "header repeated")]),
    "FIN": (b"1|a|b\nFIN1||\n2|b|c\n", [2, 4], [(3, "FIN row before the end of the file")]),
    "DEB": (b"1|a|b\nDEBTable22022022_112211||\n2|b|c\n", [2, 4], [(3, "DEB row within the file")]),
    "a huge field": (
        b"1|a|b\n2|" + b"x" * (3 << 20) + b"|c\n3|b|c\n",
        [2, 4],
        [(3, "record longer than 1 MB")],
    ),
    "an endless line, which ends the last field before": (
        b"1|a|b\n" + b"x" * (40 << 20) + b"\n3|b|c\n",
        [4],
        [(2, "record longer than 1 MB")],
    ),
    "the only record": (b"1|a\n", [], [(2, "too few columns")]),
    "goes on": (b"1|a|b|c\nmore\n2|b|c\n", [4], [(2, "too many columns")]),
}


@pytest.mark.usefixtures("system")
@pytest.mark.parametrize(("content", "lines", "rejections"), UNFIT.values(), ids=UNFIT)
def test_what_does_not_fit_is_rejected(
    tmp_path: Path, content: bytes, lines: list[int], rejections: list[tuple[int, str]]
) -> None:
    rows, reading = read(tmp_path, HEADER + content)
    assert [row[-1] for row in rows] == lines
    assert rejected(reading) == rejections


@pytest.mark.usefixtures("system")
def test_duckdb_stops_early_in_a_long_file(tmp_path: Path) -> None:
    """What makes up for itself is at the head; far more follows."""
    nb_rows = 200_000
    content = HEADER + b"1|a|b|c\n2|b\n" + b"3|a|b\n" * nb_rows
    rows, reading = read(tmp_path, content + b"FIN%d||\n" % (nb_rows + 2))
    assert len(rows) == nb_rows
    assert (rows[0][-1], rows[-1][-1]) == (4, nb_rows + 3)
    assert rejected(reading) == [(2, "too many columns"), (3, "too few columns")]
    assert reading.nb_announced == nb_rows + 2


@pytest.mark.usefixtures("system")
def test_repairs_reach_over_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks and blocks of a few bytes: every record, every break is at a border somewhere."""
    monkeypatch.setattr("iae.loading.blocks.BLOCK_BYTES", 64)
    monkeypatch.setattr("iae.loading.formats.records.CHUNK_BYTES", 16)
    monkeypatch.setattr("iae.loading.formats.records.PIECE_BYTES", 4)
    monkeypatch.setattr("iae.loading.formats.records._TAIL_BYTES", 32)
    content = HEADER + b"".join(
        b"%d|a\nb%d|c\nd\n\ne\n" % (rank, rank) + b"%d|x|y\n" % -rank for rank in range(300)
    )
    rows, reading = read(tmp_path, content + b"FIN600||\n")
    assert len(rows) == reading.nb_announced == 600
    assert rows[0] == ("0", "a\nb0", "c\nd\n\ne", 2)
    assert rows[-1] == ("-299", "x", "y", 2 + 300 * 6 - 1)
    assert [row[3] for row in rows[::2]] == [2 + 6 * rank for rank in range(300)]


@pytest.mark.usefixtures("system")
def test_threads_that_share_a_block_meet_at_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every third record has breaks, over several times what a thread takes at once."""
    monkeypatch.setattr("iae.loading.blocks.BUFFER_BYTES", 4 << 20)
    nb_rows = 80_000
    note = "a\n\nb" + "z" * 100
    content = HEADER + b"".join(
        f"{rank}|x|{note if rank % 3 == 0 else 'y' * 100}\n".encode() for rank in range(nb_rows)
    )
    rows, reading = read(tmp_path, content)
    nb_breaks = note.count("\n")
    assert rows == [
        (str(rank), "x", note if rank % 3 == 0 else "y" * 100, 2 + rank + nb_breaks * -(-rank // 3))
        for rank in range(nb_rows)
    ]
    assert not reading.is_careful


def test_the_next_file_is_read_while_the_last_block_of_one_is_in_use(tmp_path: Path) -> None:
    begun = [threading.Event(), threading.Event()]
    readings = []
    for rank in range(2):
        path = tmp_path / f"{rank}.csv"
        path.write_bytes(HEADER + b"1|a|b\n")
        [item] = delivered(path, path.name, None)
        readings.append(open_fluxiae(item, COLUMNS, False))
    with filled_ahead(readings, lambda reading: begun[readings.index(reading)].set()) as blocks:
        block = next(blocks)
        assert begun[1].wait(timeout=10), "the second file waits for the first to be done with"
        assert block.is_last
        assert [rest.is_last for rest in blocks] == [True]
    for reading in readings:
        reading.close()


# Any text but the separator and line ends; an id as real ones are, digits.
_ids = st.integers(min_value=0).map(str)
_texts = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="|\r\n\x00"), max_size=12
)
# A break inside a field: not at its ends, where nothing tells it from a blank line.
_broken = st.lists(_texts.filter(str.strip), min_size=1, max_size=3).map("\n".join)
_rows = st.lists(st.tuples(_ids, _broken, _broken), max_size=20)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=_rows,
    is_crlf=st.booleans(),
    has_bom=st.booleans(),
    has_deb=st.booleans(),
    has_fin=st.booleans(),
    chunk_bytes=st.sampled_from([8, 64, 1 << 20]),
    block_bytes=st.sampled_from([1, 100, 1 << 20]),
)
def test_any_table_written_is_read_back(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    rows: list[tuple[str, str, str]],
    is_crlf: bool,
    has_bom: bool,
    has_deb: bool,
    has_fin: bool,
    chunk_bytes: int,
    block_bytes: int,
) -> None:
    monkeypatch.setattr("iae.loading.blocks.BLOCK_BYTES", block_bytes)
    monkeypatch.setattr("iae.loading.formats.records.CHUNK_BYTES", chunk_bytes)
    monkeypatch.setattr("iae.loading.formats.records.PIECE_BYTES", 4)
    monkeypatch.setattr("iae.loading.formats.records._TAIL_BYTES", 64)
    end = "\r\n" if is_crlf else "\n"
    records = ["|".join(row) for row in rows]
    envelope = ["DEBTable22022022_112211||"] if has_deb else []
    closing = [f"FIN{len(rows)}||"] if has_fin else []
    text = "".join(line + end for line in [*envelope, "id|name|note", *records, *closing])
    content = (b"\xef\xbb\xbf" if has_bom else b"") + text.encode()
    line = len(envelope) + 2
    expected = []
    for row, record in zip(rows, records, strict=True):
        expected.append((*row, line))
        line += 1 + record.count("\n")
    found, reading = read(tmp_path, content)
    assert found == expected
    assert reading.rejections == []
    assert reading.nb_announced == (len(rows) if has_fin else None)


def test_the_real_annex_file(tmp_path: Path, shared_data: Path) -> None:
    [path] = (shared_data / "fluxiae").glob("fluxIAE_AnnexeFinanciere_*")
    content = gzip.decompress(path.read_bytes())
    columns = ("af_id_annexe_financiere", "af_numero_annexe_financiere")
    rows, reading = read(tmp_path, content, columns)
    ids = [row[0] for row in rows]
    assert len(rows) == 85
    assert [ids.count(one) for one in ("4080", "2210", "29664")] == [2, 3, 4]
    assert f"{reading.date}" == "2022-02-07"
    assert rows[0] == ("23439", "FDI054200058", 3)
