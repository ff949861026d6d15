"""The settings of the readers: which drivers run, and what they are to watch."""

import enum
from typing import Literal

import msgspec


class Layout(enum.StrEnum):
    """Which keyboard a typing reader believes to be."""

    US = "us"
    JP = "jp"


class Typed(enum.StrEnum):
    """What a typing reader types.

    HEX and HEX_REVERSED: the UID in hexadecimal, first byte first or last byte first. DECIMAL and
    DECIMAL_REVERSED: the same number in decimal. BARCODE: any text.
    """

    HEX = "hex"
    HEX_REVERSED = "hex_reversed"
    DECIMAL = "decimal"
    DECIMAL_REVERSED = "decimal_reversed"
    BARCODE = "barcode"


class HidSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One reader that types like a keyboard; `path` is fixed, under /dev/input/by-id.

    `uid_bytes` is how long the UID behind a decimal number is.
    """

    path: str
    typed: Typed = Typed.HEX
    layout: Layout = Layout.US
    uid_bytes: int = 4


class ReadersSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which readers the agent watches.

    `pcsc = "auto"`: where pyscard is installed. `nfcpy`: nfcpy's paths, such as "usb:054c:06c3".
    `virtual`: cards tapped by software, for the demo.
    """

    pcsc: bool | Literal["auto"] = "auto"
    nfcpy: tuple[str, ...] = ()
    hid: tuple[HidSettings, ...] = ()
    virtual: bool = False
