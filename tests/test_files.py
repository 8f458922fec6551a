from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from carpilot.errors import InputError
from carpilot.files import MAX_YAML_BYTES, asset, asset_folder, load_yaml, read_text, scenarios_folder

LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{now}: &{now} [*{last}, *{last}]\n" for last, now in zip("abcdefgh", "bcdefghi", strict=True)
)

HARMFUL = [
    pytest.param("a: &x [1]\nb: *x\n", "line 2: aliases are not allowed", id="alias"),
    pytest.param(LAUGHS, "line 2: aliases are not allowed", id="billion laughs"),
    pytest.param("a: &x\n  - *x\n", "line 2: aliases are not allowed", id="itself"),
    pytest.param("base: {a: 1}\nb:\n  <<: {a: 2}\n", "line 3: merge keys are not allowed", id="merge key"),
    pytest.param('"<<": {a: 2}\n', "line 1: merge keys are not allowed", id="quoted merge key"),
    pytest.param("a: !!python/object/apply:os.system [id]\n", "line 1: tags are not allowed", id="python tag"),
    pytest.param("a: !!str 1\n", "line 1: tags are not allowed", id="standard tag"),
    pytest.param("- 1\n- !own {a: 1}\n", "line 2: tags are not allowed", id="own tag"),
    pytest.param("- ! 1\n", "line 1: tags are not allowed", id="bare tag"),
    pytest.param("!!binary aGk=\n", "line 1: tags are not allowed", id="binary"),
    pytest.param("a: 1\nb: 2\na: 3\n", "line 3: the key 'a' stands twice", id="duplicate"),
    pytest.param("a:\n  - {b: 1, b: 2}\n", "line 2: the key 'b' stands twice", id="duplicate inside"),
    pytest.param("1: a\n1.0: b\n", "stands twice", id="equal numbers"),
    pytest.param("? [a, b]\n: 1\n", "line 1: a key must be a plain word", id="list as key"),
    pytest.param("? {a: b}\n: 1\n", "line 1: a key must be a plain word", id="mapping as key"),
    pytest.param("2020-01-01: 1\n", "a key must be a plain word", id="date as key"),
    pytest.param("~: 1\n", "a key must be a plain word", id="nothing as key"),
    pytest.param("a: [1, 2\n", "line 2", id="unclosed"),
    pytest.param("a: b: c\n", "line 1", id="nested plain"),
    pytest.param("a: 'open\n", "line", id="open quote"),
    pytest.param("--- a\n--- b\n", "line 2", id="two documents"),
    pytest.param("a: 2020-99-99\n", "month", id="impossible date"),
    pytest.param("a: \x07\n", "character", id="control character"),
    pytest.param("a: " + "9" * 5000 + "\n", "", id="number of 5,000 digits"),
    pytest.param("[" * 100_000, "", id="deep list"),
    pytest.param("{a: " * 50_000, "", id="deep mapping"),
    pytest.param("- " * 50_000 + "a", "", id="deep dashes"),
    pytest.param("\n".join(" " * depth + "a:" for depth in range(1_300)), "", id="deep block"),
    pytest.param("%YAML 3.0\n---\na: 1\n", "line 1", id="other version"),
]


@pytest.mark.parametrize(("text", "message"), HARMFUL)
def test_given_a_harmful_file_when_loaded_then_one_line_says_what_is_wrong(
    tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_yaml(path)
    said = str(caught.value)
    assert said.startswith(str(path))
    assert message in said
    assert len(said.splitlines()) == 1
    assert len(said) < 400


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("", None),
        ("a: 1\nb: [true, 2.5, x]\n", {"a": 1, "b": [True, 2.5, "x"]}),
        ("'*a': '&b'\n", {"*a": "&b"}),
        ("a: {b: 1}\nc: {b: 2}\n", {"a": {"b": 1}, "c": {"b": 2}}),
        ("a: &unused 1\n", {"a": 1}),
        ("a: '!!str'\n", {"a": "!!str"}),
        ("\ufeffa: ü\n", {"a": "ü"}),
        ("a: |\n  one\n  two\n", {"a": "one\ntwo\n"}),
    ],
)
def test_given_plain_data_when_loaded_then_it_is_what_the_file_says(tmp_path: Path, text: str, data: object) -> None:
    path = tmp_path / "plain.yaml"
    path.write_text(text, encoding="utf-8")
    assert load_yaml(path) == data


def test_given_a_file_of_the_greatest_length_when_loaded_then_one_more_byte_is_too_much(tmp_path: Path) -> None:
    path = tmp_path / "long.yaml"
    path.write_bytes(b"a" * MAX_YAML_BYTES)
    assert load_yaml(path) == "a" * MAX_YAML_BYTES
    path.write_bytes(b"a" * (MAX_YAML_BYTES + 1))
    with pytest.raises(InputError, match="is longer than 1,000,000 bytes"):
        load_yaml(path)


@pytest.mark.parametrize(("raw", "byte"), [(b"\xff\xfea", 0), (b"a: \xc3", 3), (b"a: \xed\xa0\x80", 3)])
def test_given_bytes_that_are_not_utf8_when_loaded_then_the_first_bad_one_is_named(
    tmp_path: Path, raw: bytes, byte: int
) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes(raw)
    with pytest.raises(InputError, match=rf"is not UTF-8 text \(byte {byte}\)"):
        load_yaml(path)


def test_given_no_file_or_a_folder_when_loaded_then_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file or directory"):
        load_yaml(tmp_path / "none.yaml")
    with pytest.raises(InputError, match="Is a directory"):
        read_text(tmp_path)


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False)
    | st.text("abc xyz-_.<*&!", max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abcdef", min_size=1, max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.one_of(st.text(max_size=200), st.text("a:b-[]{}&*!<>|?,'\"#% \n\t~019.", max_size=80)))
@example("? ")
@example("<<: [1]")
@example("a: =")
@example("0_: 0b_")
@example("a: 0o_")
@example("a: -_")
@example("a: ._")
@example("a: 1:60:_")
@example("a: 2001-01-01t00:00:00+99:99")
@example("[<<]: 1")
@example("!<>")
def test_given_any_text_when_loaded_then_there_is_data_or_one_line(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        load_yaml(path)
    except InputError as error:
        assert len(str(error).splitlines()) == 1


@given(st.binary(max_size=100))
def test_given_any_bytes_when_loaded_then_there_is_data_or_one_line(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz.bin"
    path.write_bytes(raw)
    try:
        load_yaml(path)
    except InputError as error:
        assert len(str(error).splitlines()) == 1


@given(PLAIN)
def test_given_any_plain_data_when_written_by_another_program_then_the_same_is_read(
    tmp_path_factory: pytest.TempPathFactory, data: object
) -> None:
    class NoAliases(yaml.SafeDumper):
        def ignore_aliases(self, data: object) -> bool:
            del data
            return True

    path = tmp_path_factory.getbasetemp() / "data.yaml"
    path.write_text(yaml.dump(data, Dumper=NoAliases, allow_unicode=True), encoding="utf-8")
    assert load_yaml(path) == data


@pytest.mark.parametrize("name", ["body.dbc", "infotainment.dbc", "signals.yaml", "tools.yaml", "policy.yaml"])
def test_given_an_asset_when_asked_for_then_it_is_there(name: str) -> None:
    assert asset("vehicle", name).is_file()


def test_given_an_asset_that_is_not_there_when_asked_for_then_the_message_says_where_it_was_sought() -> None:
    with pytest.raises(InputError, match=r"the asset vehicle/moon.yaml is missing; expected it at .*moon.yaml"):
        asset("vehicle", "moon.yaml")
    assert not asset_folder("vehicle", "moon").exists()
    assert scenarios_folder().name in ("scenarios", "_scenarios")
