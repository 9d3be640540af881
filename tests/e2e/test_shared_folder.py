"""Two services on one asset folder, as when a command starts one beside another."""

from pathlib import Path

from tests.support.service import live, quick, settings_for


def test_second_service_leaves_the_work_of_the_first_alone(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    with live(settings, instead=quick()) as first:
        work = first.root / ".forge" / "work" / "pipeline-1"
        work.mkdir(parents=True)
        with live(settings, instead=quick()) as second:
            assert work.is_dir()
            assert second.generate(name="Second")["status"] == "completed"
        assert first.generate(name="First")["status"] == "completed"
    with live(settings, instead=quick()) as alone:
        assert not work.exists()
        listed = {asset["id"] for asset in alone.client.get("/api/assets").json()}
    assert listed == {"first", "second"}
