"""Settings: TOML, the environment over it, and slips refused with the right name."""

import msgspec
import pytest

from contract.settings_file import SettingsError, read_settings


class Reader(msgspec.Struct, frozen=True):
    path: str
    bytes_long: int = 4


class Readers(msgspec.Struct, frozen=True):
    hid: tuple[Reader, ...] = ()
    virtual: bool = False


class Server(msgspec.Struct, frozen=True):
    url: str = "http://127.0.0.1"
    port: int = 8080


class All(msgspec.Struct, frozen=True):
    server: Server = Server()
    readers: Readers = Readers()


def read(document: str = "", **environment: str) -> All:
    return read_settings(All, document.encode(), environment, "GENBA_X")


def test_no_file_and_no_environment_mean_the_defaults() -> None:
    assert read() == All()


def test_the_file_is_over_the_defaults_and_the_environment_over_the_file() -> None:
    settings = read("[server]\nport = 1\nurl = 'a'", GENBA_X__SERVER__PORT="2")
    assert settings.server == Server("a", 2)


def test_text_from_the_environment_stays_text_and_others_are_values() -> None:
    settings = read(
        GENBA_X__SERVER__URL="8081",
        GENBA_X__READERS__VIRTUAL="true",
        GENBA_X__READERS__HID='[{path = "/dev/input/by-id/a"}]',
    )
    assert settings.server.url == "8081"
    assert settings.readers == Readers((Reader("/dev/input/by-id/a"),), True)


def test_other_programs_variables_are_left_alone() -> None:
    assert read(GENBA_XY__SERVER__PORT="1", PATH="/bin", GENBA_X="") == All()


@pytest.mark.parametrize(
    ("document", "environment", "says"),
    [
        ("[server]\nprot = 1", {}, "unknown setting server.prot; did you mean port?"),
        ("[sever]\nport = 1", {}, "unknown setting sever; did you mean server?"),
        ("[[readers.hid]]\npaht = 'x'", {}, "unknown setting readers.hid.paht; did you mean path?"),
        ("zzz = 1", {}, "unknown setting zzz; known: readers, server"),
        ("", {"GENBA_X__SERVER__PROT": "1"}, "unknown setting server.prot; did you mean port?"),
        ("[server]\nport = 'a'", {}, "server.port"),
        ("", {"GENBA_X__SERVER__PORT": "many"}, "server.port"),
        ("server = 1", {}, "server"),
        ("server = 1", {"GENBA_X__SERVER__PORT": "1"}, "server is a value, not a section"),
        ("[server", {}, "not valid TOML"),
    ],
)
def test_a_slip_is_refused_and_names_what_is_wrong(
    document: str, environment: dict[str, str], says: str
) -> None:
    with pytest.raises(SettingsError, match=says.replace(".", r"\.")):
        read(document, **environment)


def test_a_file_that_is_no_text_is_refused() -> None:
    with pytest.raises(SettingsError, match="not valid TOML"):
        read_settings(All, b"\xff\xfe", {}, "GENBA_X")
