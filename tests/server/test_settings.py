"""Settings: a slip of the pen is told, a secret is kept."""

from pathlib import Path

import pytest

from contract.settings_file import SettingsError
from server.database_address import checked_address
from server.settings import CREDENTIAL, Settings, database_dsn, load, mail_relay, shown

DSN = "postgresql://genba:secret@127.0.0.1/genba"


def read(tmp_path: Path, text: str = "", **environment: str) -> Settings:
    path = tmp_path / "server.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, environment)


def test_an_empty_file_means_the_defaults(tmp_path: Path) -> None:
    assert read(tmp_path) == Settings()


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        "[http]\nport = 9000\n",
        GENBA_SERVER__HTTP__PORT="9001",
        GENBA_SERVER__SITE__NAME="第二工場",
    )
    assert settings.http.port == 9001
    assert settings.site.name == "第二工場"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[http]\nprot = 1\n", "did you mean port"),
        ("[htpp]\n", "did you mean http"),
        ("[http]\nport = 'x'\n", "port"),
        ("[http]\nport = 70000\n", "http.port must be"),
        ("[site]\nzone = 'Asia/Tokio'\n", "IANA time zone"),
        ("[site]\nlanguage = 'fr'\n", "site.language"),
        ("[site]\nurl = 'genba.example.jp'\n", "site.url must be"),
        ("[site]\nurl = 'https://x.example/genba'\n", "without a path"),
        ("[mail]\ntls = 'maybe'\n", "mail.tls must be one of"),
        ("[mail]\nhost = 'mail.example.jp'\ntls = 'none'\nsender='a@b.jp'\n", "this machine"),
        ("[mail]\nhost = 'mail.example.jp'\n", "mail.sender must be"),
        ("[mail]\nport = 0\n", "mail.port must be"),
        ("[mail]\npassword = 'x'\npassword_file = 'y'\n", "not both"),
        ("[log]\nlevel = 'loud'\n", "log.level"),
        ("[database]\npool_max = 1\n", "database.pool_max"),
        ("[database]\ndsn = 'mysql://x'\n", "postgresql://"),
        ("[retention]\nidempotency_hours = 0\n", "idempotency_hours"),
        ("[http\n", "not valid TOML"),
    ],
)
def test_a_wrong_setting_is_refused_with_what_would_be_right(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        read(tmp_path, text)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot read"):
        load(tmp_path / "nothing.toml", {})


def test_without_a_database_it_says_where_to_set_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"database\.dsn_file"):
        database_dsn(Settings(), {}, tmp_path / "nothing")


def test_without_a_setting_the_machines_own_postgres_is_used(tmp_path: Path) -> None:
    assert database_dsn(Settings(), {}, tmp_path) == f"postgresql:///genba?host={tmp_path}"


def test_a_dsn_file_must_be_its_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "dsn"
    file.write_text(f"{DSN}\n", encoding="utf-8")
    file.chmod(0o644)
    settings = read(tmp_path, f"[database]\ndsn_file = '{file}'\n")
    with pytest.raises(SettingsError, match="chmod 600"):
        database_dsn(settings, {})
    file.chmod(0o600)
    assert database_dsn(settings, {}) == DSN


def test_the_relays_password_file_must_be_its_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "relay"
    file.write_text("of the relay\n", encoding="utf-8")
    file.chmod(0o644)
    mail = f"[mail]\nhost = 'mail.example.jp'\nsender = 'a@b.jp'\npassword_file = '{file}'\n"
    settings = read(tmp_path, mail)
    with pytest.raises(SettingsError, match="chmod 600"):
        mail_relay(settings)
    file.chmod(0o600)
    relay = mail_relay(settings)
    assert relay is not None
    assert relay.password == "of the relay"
    assert "of the relay" not in repr(relay)


def test_without_a_relay_no_mail_is_sent() -> None:
    assert mail_relay(Settings()) is None


@pytest.mark.parametrize(
    "where",
    [
        "//genba@127.0.0.1:5432/genba",
        "//genba@localhost/genba",
        "//genba@[::1]:5432/genba",
        "/genba?host=/run/postgresql",
        "//genba@db.example.jp/genba?sslmode=verify-full",
        "//a,b:5433/genba?sslmode=verify-ca",
    ],
)
def test_a_database_is_here_or_encrypted(where: str) -> None:
    dsn = f"postgresql:{where if where.startswith('//') else '//' + where}"
    assert checked_address(dsn) == dsn


@pytest.mark.parametrize(
    "where",
    [
        "//genba@db.example.jp/genba",
        "//genba@192.168.1.9:5432/genba?sslmode=require",
        "//genba@localhost,db/genba",
        "//genba@localhost/genba?host=db.example.jp",
        "//genba@[fd00::9]:5432/genba?sslmode=prefer",
        "//genba@localhost.example.jp/genba",
    ],
)
def test_a_database_that_others_could_listen_to_is_refused(where: str) -> None:
    with pytest.raises(SettingsError, match="verify-full"):
        checked_address(f"postgresql:{where}")


def test_systemd_may_hand_the_dsn_over(tmp_path: Path) -> None:
    (tmp_path / CREDENTIAL).write_text(DSN, encoding="utf-8")
    assert database_dsn(Settings(), {"CREDENTIALS_DIRECTORY": str(tmp_path)}) == DSN


def test_settings_are_shown_without_their_secrets(tmp_path: Path) -> None:
    settings = read(tmp_path, f"[database]\ndsn = '{DSN}'\n")
    text = shown(settings)
    assert "secret" not in text
    mail = read(tmp_path, "[mail]\n", GENBA_SERVER__MAIL__PASSWORD="of the relay")
    assert "of the relay" not in shown(mail)
    (tmp_path / "again.toml").write_text(text.replace('"********"', f"'{DSN}'"), encoding="utf-8")
    assert load(tmp_path / "again.toml", {}) == settings
