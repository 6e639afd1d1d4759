import pytest
from django.core.exceptions import ImproperlyConfigured

from infusion_coder import env


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NAME", raising=False)


class TestText:
    def test_is_the_value_without_blanks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("NAME", "  value ")
        assert env.text("NAME", "default") == "value"

    def test_takes_an_empty_value_for_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("NAME", " ")
        assert env.text("NAME", "default") == "default"

    def test_refuses_absence_without_a_default(self) -> None:
        with pytest.raises(ImproperlyConfigured, match="NAME is not set"):
            env.text("NAME")


class TestFlag:
    @pytest.mark.parametrize(
        ("value", "meaning"), [("1", True), ("Yes", True), ("on", True), ("0", False), ("FALSE", False), ("", True)]
    )
    def test_reads_words(self, monkeypatch: pytest.MonkeyPatch, value: str, meaning: bool) -> None:
        monkeypatch.setenv("NAME", value)
        assert env.flag("NAME", default=True) is meaning

    def test_refuses_a_misspelt_word(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("NAME", "fasle")
        with pytest.raises(ImproperlyConfigured, match="'fasle' is neither yes"):
            env.flag("NAME", default=False)


class TestInteger:
    def test_reads_a_number_at_its_bounds(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("NAME", "65535")
        assert env.integer("NAME", default=8000, low=1, high=65535) == 65535

    @pytest.mark.parametrize("value", ["0", "65536", "-1", "1.5", "eight", "٣"])
    def test_refuses_anything_else(self, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
        monkeypatch.setenv("NAME", value)
        with pytest.raises(ImproperlyConfigured, match="not a whole number from 1 to 65535"):
            env.integer("NAME", default=8000, low=1, high=65535)


class TestWords:
    def test_are_parted_at_commas(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("NAME", "a, b,,c ")
        assert env.words("NAME") == ["a", "b", "c"]

    def test_fall_back_on_the_default(self) -> None:
        assert env.words("NAME", default=("a",)) == ["a"]


class TestChoice:
    def test_is_read_in_any_case(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("NAME", "json")
        assert env.choice("NAME", default="CONSOLE", among=frozenset({"CONSOLE", "JSON"})) == "JSON"

    def test_refuses_another_word(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("NAME", "xml")
        with pytest.raises(ImproperlyConfigured, match="'XML' is none of CONSOLE, JSON"):
            env.choice("NAME", default="CONSOLE", among=frozenset({"CONSOLE", "JSON"}))


class TestDatabase:
    def test_names_a_server(self) -> None:
        found = env.database("postgresql://user:p%40ss@db.example:6432/coding?sslmode=require")
        assert found == {
            "ENGINE": "infusion_coder.database",
            "NAME": "coding",
            "USER": "user",
            "PASSWORD": "p@ss",
            "HOST": "db.example",
            "PORT": "6432",
            "OPTIONS": {"sslmode": "require", "connect_timeout": "5"},
        }

    def test_names_a_socket_folder(self) -> None:
        found = env.database("postgresql://user@/coding?host=/run/my%20own")
        assert (found["HOST"], found["PORT"]) == ("/run/my own", "")

    @pytest.mark.parametrize(
        "address",
        ["", "sqlite:///db", "postgresql://host", "postgresql://host/", "postgres://host:port/db", "postgres://h/d?x"],
    )
    def test_refuses_what_names_no_database(self, address: str) -> None:
        with pytest.raises(ImproperlyConfigured, match="DATABASE_URL"):
            env.database(address)


class TestBroker:
    @pytest.mark.parametrize("address", ["redis://host:6379/1", "rediss://host", "unix:///run/socket"])
    def test_is_the_address_itself(self, address: str) -> None:
        assert env.broker(address) == address

    @pytest.mark.parametrize("address", ["", "memory://", "redis://", "unix://", "amqp://host", "redis://host:port"])
    def test_refuses_what_names_no_broker(self, address: str) -> None:
        with pytest.raises(ImproperlyConfigured, match="REDIS_URL"):
            env.broker(address)


class TestCeleryBroker:
    def test_spells_a_socket_as_celery_does(self) -> None:
        assert env.celery_broker("unix:///run/socket") == "redis+socket:///run/socket"

    def test_leaves_a_host_alone(self) -> None:
        assert env.celery_broker("rediss://host/0") == "rediss://host/0"
