import base64
import urllib.parse

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
        ('{"x-api-key": "abcd1234efgh"}', "abcd1234efgh"),
        ("api_key=abcd1234efgh&x=1", "abcd1234efgh"),
        ("you sent token: abcd1234efgh", "abcd1234efgh"),
        ("msy_" + "a" * 40 + " is not known", "aaaaaaaa"),
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


KEY = "Zq7-XvT93kLmNp0RsUwY4bCd"


@pytest.mark.parametrize(
    "said",
    [
        f"no such key {KEY}.",
        f"no such key {KEY.upper()}",
        f"no such key {KEY.lower()}",
        f"{KEY}{KEY}",
        f"starts with {KEY[:10]}…",
        f"ends with …{KEY[-9:]}",
        f"middle {KEY[5:15]}",
        f"key {KEY[:8]}***{KEY[-8:]}",
        f"GET https://api.example/{KEY}/x failed",
        f"header Authorization: {base64.b64encode(KEY.encode()).decode()}",
        f"Basic {base64.b64encode(f'user:{KEY}'.encode()).decode()}",
        f"body {base64.urlsafe_b64encode(f'ab{KEY}cd'.encode()).decode()}",
        f"body {base64.b64encode(f'a{KEY}'.encode()).decode()} end",
        urllib.parse.quote(f"key={KEY}"),
        repr({"key": KEY}),
        f"x{KEY}" * 50,
    ],
)
def test_redact_no_piece_of_the_configured_key_is_left(said: str) -> None:
    shown = redact(said, secrets=(KEY,), limit=5000)

    encoded = [base64.b64encode(pad + KEY.encode()).decode()[4:-4] for pad in (b"", b"a", b"ab")]
    for form in (KEY, KEY.upper(), KEY.lower(), *encoded):
        assert not any(form[at : at + 8] in shown for at in range(len(form) - 7))


def test_redact_key_at_the_end_of_a_long_text_is_gone() -> None:
    text = "data:image/png;base64," + "A" * 19_970 + " " + KEY

    assert KEY[:8] not in redact(text, secrets=(KEY,))


def test_redact_other_words_stay_between_two_keys() -> None:
    assert redact(f"{KEY} and {KEY} were sent", secrets=(KEY,)) == "[key] and [key] were sent"


def test_redact_letters_that_fold_into_two_hide_no_key() -> None:
    assert KEY not in redact(f"stra\u1e9ee \u0130 {KEY}", secrets=(KEY,))
