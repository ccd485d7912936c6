from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfr_batch.errors import ConfigError
from lfr_batch.footage.stream_address import device_of, filled, kind_of, redacted

SCHEMES = st.sampled_from(["rtsp", "rtsps", "http", "https", "RTSP"])
HOST = "camera-7.example:554"


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("rtsp://h/a", "rtsp"),
        ("RTSPS://h/a", "rtsps"),
        ("v4l2:0", "v4l2"),
        ("v4l2:/dev/video1", "v4l2"),
        ("clips/street.mp4", "file"),
        ("C:street.mp4", "file"),
        ("s3://bucket/a.mp4", "s3"),
    ],
)
def test_the_kind_of_a_source(source: str, kind: str) -> None:
    assert kind_of(source) == kind


@given(SCHEMES, st.text(), st.text(), st.text())
def test_nothing_but_scheme_and_host_is_ever_shown(
    scheme: str, user: str, password: str, path: str
) -> None:
    shown = redacted(f"{scheme}://{user}:{password}@{HOST}/{path}")
    assert shown in {f"{scheme.lower()}://{HOST}/…", f"{scheme.lower()}://…"}


@given(st.text("abc:/?#@\\[]%= \n", min_size=1), st.text("abc/=&?", max_size=8))
def test_a_password_with_awkward_signs_is_not_taken_for_the_host(password: str, path: str) -> None:
    shown = redacted(f"rtsp://admin:{password}ZZZ@10.0.0.5/{path}")
    assert shown in {"rtsp://10.0.0.5/…", "rtsp://…"}


@given(st.text("xyz0189", min_size=1))
def test_what_stands_in_the_path_or_query_is_not_shown(secret: str) -> None:
    for form in ("user=admin_password={}_channel=1", "cgi?user=a&pwd={}", "a?mail=b@{}", "a#{}"):
        assert redacted("http://10.0.0.5/" + form.format(secret)) in {
            "http://10.0.0.5/…",
            "http://…",
        }


def test_paths_and_devices_are_shown_as_they_are() -> None:
    for source in ("clips/a@b.mp4", "v4l2:/dev/video0", "file:///a/b.mp4"):
        assert redacted(source) == source


@given(st.text(min_size=1), st.text(min_size=1))
def test_any_password_from_the_environment_stays_in_its_place(user: str, password: str) -> None:
    url = filled("rtsp://${CAM_USER}:${CAM_PW}@host:554/a", {"CAM_USER": user, "CAM_PW": password})
    parts = urlsplit(url)
    assert (parts.hostname, parts.port, parts.path) == ("host", 554, "/a")
    assert unquote(parts.username or "", errors="surrogatepass") == user
    assert unquote(parts.password or "", errors="surrogatepass") == password


def test_elsewhere_a_variable_is_filled_in_as_it_is() -> None:
    known = {"CAM": "10.0.0.5:554", "FILE": "a b/c.mp4"}
    assert filled("rtsp://u:p@${CAM}/x", known) == "rtsp://u:p@10.0.0.5:554/x"
    assert filled("rtsp://${CAM}/a@b", known) == "rtsp://10.0.0.5:554/a@b"
    assert filled("/clips/${FILE}", known) == "/clips/a b/c.mp4"
    assert filled("/clips/$FILE {x} $", known) == "/clips/$FILE {x} $"


def test_a_missing_variable_is_named() -> None:
    with pytest.raises(ConfigError, match="CAM_PW, which is not set") as caught:
        filled("rtsp://${CAM_USER}:${CAM_PW}@host/a", {"CAM_USER": "secret-user"})
    assert "secret-user" not in str(caught.value)


@pytest.mark.parametrize(
    ("source", "device", "options"),
    [
        ("v4l2:0", "/dev/video0", {}),
        ("v4l2:/dev/v4l/by-id/usb-cam", "/dev/v4l/by-id/usb-cam", {}),
        (
            "v4l2:2?size=1280x720&fps=25&format=mjpeg",
            "/dev/video2",
            {"video_size": "1280x720", "framerate": "25", "input_format": "mjpeg"},
        ),
    ],
)
def test_devices(source: str, device: str, options: dict[str, str]) -> None:
    assert device_of(source) == (device, options)


@pytest.mark.parametrize("source", ["v4l2:", "v4l2:?size=1x1", "v4l2:0?colour=red"])
def test_what_is_no_device_is_refused(source: str) -> None:
    with pytest.raises(ConfigError, match="is no video device: write v4l2:/dev/video0"):
        device_of(source)
