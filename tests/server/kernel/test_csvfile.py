"""CSV as offices exchange it."""

import contextlib
import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.kernel.csvfile import BOM, MAX_ROWS, read_csv, write_csv
from server.kernel.problems import Invalid

COLUMNS = {"code": "code", "社員番号": "code", "name": "name", "氏名": "name"}


def test_what_is_written_opens_in_excel() -> None:
    written = write_csv(["社員番号", "氏名"], [["1", "山田"], ["2", None]])
    assert written.startswith(BOM.encode())
    assert written.decode("utf-8-sig") == "社員番号,氏名\r\n1,山田\r\n2,\r\n"


@pytest.mark.parametrize("formula", ["=1+1", "+81", "-1", "@SUM(A1)", "\t=1"])
def test_a_cell_that_excel_would_run_is_defused_and_read_back(formula: str) -> None:
    written = write_csv(["code", "name"], [["1", formula]])
    [row] = list(csv.reader(io.StringIO(written.decode("utf-8-sig"))))[1:]
    assert row[1] == f"'{formula}"
    assert read_csv(written, COLUMNS)[0][1]["name"] == formula


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_headings_in_either_language_and_either_encoding_are_read(encoding: str) -> None:
    rows = read_csv("社員番号,name\n1001,髙橋\n".encode(encoding), COLUMNS)
    assert rows == [(2, {"code": "1001", "name": "髙橋"})]


def test_an_empty_cell_is_no_value_and_an_empty_line_no_row() -> None:
    assert read_csv(b"code,name\n1, \n\n ,\n2,x\n", COLUMNS) == [
        (2, {"code": "1"}),
        (5, {"code": "2", "name": "x"}),
    ]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"code,colour\n", "unknown_column"),
        ("code,社員番号\n".encode(), "column_twice"),
        (b"code,name\n1,x,y\n", "too_many_cells"),
        (b'code,name\n"1\n', "not_csv"),
        (b"code\n\x81 \n", "encoding"),
    ],
)
def test_a_file_that_is_no_such_csv_is_refused_with_the_reason(raw: bytes, message: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_csv(raw, COLUMNS)
    assert refused.value.errors[0].message.startswith(message)


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(Invalid):
        read_csv(b"", COLUMNS)


def test_more_rows_than_are_taken_are_refused() -> None:
    with pytest.raises(Invalid) as refused:
        read_csv(b"code\n" + b"1\n" * (MAX_ROWS + 1), COLUMNS)
    assert refused.value.errors[0].message == "too_many_rows"


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    with contextlib.suppress(Invalid):
        read_csv(raw, COLUMNS)
