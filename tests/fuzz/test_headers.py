"""Headers and query parameters of garbage: ignored or refused in a sentence, never a fault."""

import pytest

from tests.fuzz.traffic import Traffic

GARBAGE = (
    b"", b" ", b"x", b"\xff\xfe", "ключ".encode(), b"*", b",", b",,,", b";", b"=", b'"', b"W/",
    b"-1", b"9" * 400, b"9" * 5_000, b"bytes=", b"bytes=-", b"bytes=--1", b"bytes=9-1",
    b"bytes=0-0,0-0,-1",
    b"bytes=" + b"0-," * 5_000, b"bytes=" + b"9" * 400 + b"-", b"lines=0-1", b"x" * 8_000,
    b"Sun, 06 Nov 99999999999999999999 08:49:37 GMT", b"Sun, 06 Nov 0001 08:49:37 +2359",
    b"Sun, 06 Nov 9999 08:49:37 -2359", b"Sun, 99 Nov 1994 08:49:37 GMT",
    b"1 Jan 1 00:00:00 +999999",
    b"Sun, 06 Nov 1994 99999999999999999999:49:37 GMT", b"1 Jan 99999999999 0:0:0 -" + b"9" * 30,
    b"respond-async", b"RESPOND-ASYNC;x", b"Bearer", b"Basic " + b"=" * 100, b"http://[", b"null",
    b"text/event-stream", b"end", b"00000000-0", b"deadbeef-99999999999999999999",
)  # fmt: skip
READ = ("Idempotency-Key", "If-Modified-Since", "If-None-Match", "If-Range", "Last-Event-ID",
        "Origin", "Prefer", "Range", "X-Request-Id")  # fmt: skip
UNREAD = (
    "Accept", "Accept-Encoding", "Authorization", "Cookie", "Forwarded", "If-Match",
    "If-Unmodified-Since", "Max-Forwards", "Referer", "TE", "User-Agent", "Via", "X-Forwarded-For",
    "X-Forwarded-Host", "X-Forwarded-Proto", "X-HTTP-Method-Override", "X-Original-URL",
)  # fmt: skip


@pytest.mark.parametrize(
    "header", [*READ, *(pytest.param(name, marks=pytest.mark.soak) for name in UNREAD)]
)
def test_header_of_garbage_is_no_fault(header: str, traffic: Traffic) -> None:
    ended = traffic.ended_pipeline()
    for value in GARBAGE:
        for method, path in (
            ("GET", "/api/assets/sword/concept-art.png"),
            ("GET", f"/api/generation/pipeline/{ended}/events"),
            ("POST", "/api/regenerate-base/nothing"),
        ):
            headers = [(header.encode(), value.strip())]
            if header == "If-Range":
                headers.append((b"Range", b"bytes=0-5"))
            answer = traffic.send(method, path, headers=headers)
            assert answer.status_code in (200, 204, 206, 304, 400, 404, 416)


QUERIES = (
    "", "=", "&&&", "%", "%00", "%ff=%ff", "[]=1", "a=b;c=d", "t=" + "9" * 5_000, "limit=0",
    "limit=501", "limit=-1", "limit=1e3", "limit=" + "9" * 5_000, "limit=%00", "limit=5&limit=x",
    "limit=%D9%A1", "limit[]=5", "limit=5.0", "limit=true", "limit=null", "assetId=%00",
    "assetId=..", "assetId=%2e%2e%2f", "assetId=" + "%cc%80" * 5_000, "assetId=a&assetId=..",
    "status=", "status=x", "status=failed&status=", "status[]=failed", "status=" + "failed," * 999,
    "&".join(["status=failed"] * 4_000), "includeVariants=perhaps", "includeVariants=", "dryRun=2",
    "dryRun=%F0%9F%97%A1", "category=avatar&category=item", "category=%00", "category=__class__",
    "day=x", "from=9999-99-99", "from=0000-00-00&to=99999-01-01", "since=-1", "days=1e9", "days=-1",
)  # fmt: skip


@pytest.mark.parametrize(
    "operation",
    ["GET /api/generation/pipelines", "GET /api/assets", "GET /api/costs", "GET /api/health",
     "POST /api/generation/pipeline", "POST /api/retexture", "POST /api/regenerate-base/nothing",
     "DELETE /api/assets/nothing", "DELETE /api/prompts/game-styles/nothing",
     "DELETE /api/prompts/asset-types/nothing", "GET /metrics"],
)  # fmt: skip
def test_query_of_garbage_is_no_fault(operation: str, traffic: Traffic) -> None:
    method, path = operation.split(" ")
    for query in QUERIES:
        answer = traffic.send(
            method, f"{path}?{query}", **({"json": {}} if method == "POST" else {})
        )
        assert answer.status_code in (200, 400, 404)


@pytest.mark.parametrize(
    ("asked", "status"),
    [("limit=0", 400), ("limit=501", 400), ("limit=1e3", 400), ("status=x", 400), ("status=", 400),
     ("assetId=..", 400), ("limit=1", 200), ("assetId=nothing", 200), ("status=failed", 200)],
)  # fmt: skip
def test_list_of_pipelines_says_what_is_wrong_with_a_query(
    asked: str, status: int, traffic: Traffic
) -> None:
    assert traffic.send("GET", f"/api/generation/pipelines?{asked}").status_code == status


@pytest.mark.parametrize(
    "pipeline_id",
    ["%00", "%2e%2e", "..%2f..%2fetc", "%ff%fe", "%ED%A0%80", "%F0%9F%97%A1", "x" * 5_000, "%25",
     "%0d%0aSet-Cookie:x", "null", "-1", "'; DROP TABLE pipelines;--", "*", "%", "pipeline-1-",
     "PIPELINE-1795340000000-K3V9X0Q2A", "{pipelineId}", "pipeline-1795340000000-k3v9x0q2a%20"],
)  # fmt: skip
def test_pipeline_of_an_odd_id_is_not_found(pipeline_id: str, traffic: Traffic) -> None:
    for method, tail in (
        ("GET", ""), ("GET", "/events"), ("GET", "/concept-art.png"), ("POST", "/cancel"),
        ("POST", "/retry"),
    ):  # fmt: skip
        path = f"/api/generation/pipeline/{pipeline_id}{tail}"
        assert traffic.send(method, path).status_code == 404
