import pytest

from asset_forge.providers.redaction import redact, redact_url


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Incorrect API key provided: sk-proj-abcDEF123456.", "abcDEF123456"),
        ("Incorrect API key provided: sk-ab***************wxyz.", "wxyz"),
        ("key msy_AbCdEf0123456789 is not known", "AbCdEf0123456789"),
        ("Authorization: Bearer abc.def-ghi", "abc.def-ghi"),
        ("authorization: bearer 'tok'", "tok"),
        ("Authorization: Client-ID 0123456789abcde", "0123456789abcde"),
        ("bad image data:image/png;base64,iVBORw0KGgoAAAA= here", "iVBORw0KGgo"),
        ("bad image data:image/svg+xml;charset=utf8,%3Csvg%3E here", "%3Csvg"),
        ("GET https://a.meshy.ai/x.glb?Expires=1&Signature=qqqq failed", "Signature=qqqq"),
        ("see https://user:hunter2@host/path", "hunter2"),
        ("body: " + "QUJD" * 60, "QUJDQUJDQUJD"),
    ],
)
def test_redact_secret_in_text_removes_it(text: str, secret: str) -> None:
    assert secret not in redact(text)


def test_redact_keeps_what_people_need() -> None:
    text = "Your prompt was refused at https://a.example/x.glb?Signature=1 (image_too_complex)"

    assert redact(text) == (
        "Your prompt was refused at https://a.example/x.glb?[…] (image_too_complex)"
    )


def test_redact_configured_key_of_any_shape_removes_it() -> None:
    assert redact("wrong key: correct horse", secrets=("correct horse",)) == "wrong key: [key]"


def test_redact_long_text_is_cut_to_one_line() -> None:
    text = redact("first\n\n  second\x00\t" + "word " * 500, limit=60)

    assert text.startswith("first second word")
    assert len(text) <= 60
    assert text.endswith("…")


def test_redact_plain_word_that_looks_like_the_start_of_a_key_stays() -> None:
    assert redact("ask-me about risk-free tasks") == "ask-me about risk-free tasks"


def test_redact_url_drops_query_and_user() -> None:
    assert redact_url("https://u:p@h.example/a?b=c#d") == "https://h.example/a"
