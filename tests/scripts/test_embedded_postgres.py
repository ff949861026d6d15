"""A private PostgreSQL that survives what happens to demos and tests."""

import os
from pathlib import Path

from support.postgres import a_cluster


def test_it_comes_back_after_a_kill_with_what_was_committed() -> None:
    with a_cluster() as postgres:
        dsn = postgres.start()
        postgres.sql("create table note (text text)")
        postgres.sql("insert into note values ('kept')")
        postgres.kill()
        assert postgres.start() == dsn
        assert postgres.sql("select text from note").strip() == "kept"


def test_starting_twice_is_one_cluster_and_a_stopped_one_leaves_no_process() -> None:
    with a_cluster() as postgres:
        assert postgres.start() == postgres.start()
        pid = int((postgres.data / "cluster" / "postmaster.pid").read_text().split()[0])
        postgres.stop()
        assert not Path(f"/proc/{pid}").exists()


def test_it_never_runs_as_root_and_its_password_is_private() -> None:
    with a_cluster() as postgres:
        postgres.start()
        pid = int((postgres.data / "cluster" / "postmaster.pid").read_text().split()[0])
        if os.geteuid() == 0:
            assert Path(f"/proc/{pid}").stat().st_uid != 0
        assert (postgres.data / "password").stat().st_mode & 0o077 == 0
