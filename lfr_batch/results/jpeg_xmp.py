"""What is known of a picture, in the picture: XMP in a JPEG (ISO 16684-1; part 3 of the XMP
specification, 1.1.3), whose other bytes stay as they are. Pure.

XMP rather than EXIF: it holds names in any script and properties of our own. It is written here
since libraries that write it either encode the picture anew or may not be shipped (GPL).
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

from lfr_batch.visible import plain_line

NAMESPACE = "urn:lfr-batch:evidence:1#"
"""Of our own properties; Dublin Core and EXIF have the others."""

_SIGNATURE = b"http://ns.adobe.com/xap/1.0/\0"
_MOST_BYTES = 0xFFFF - 2 - len(_SIGNATURE)
_HEAD = f"""\
<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:lfr="{NAMESPACE}"
"""
_TAIL = """\
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""


def with_xmp(
    jpeg: bytes, description: str, properties: Mapping[str, object], taken: str | None = None
) -> bytes:
    """``jpeg`` with one segment more, behind its start and JFIF header, as readers expect it.

    ``properties``: name to value, None left out; ``taken``: when, ISO 8601. What is no JPEG, or
    whose packet would be too long for a segment (64 KiB), comes back as it is.
    """
    packet = _packet(description, properties, taken).encode()
    if not jpeg.startswith(b"\xff\xd8\xff") or len(packet) > _MOST_BYTES:
        return jpeg
    at = _behind_jfif(jpeg)
    length = (2 + len(_SIGNATURE) + len(packet)).to_bytes(2)
    return b"".join((jpeg[:at], b"\xff\xe1", length, _SIGNATURE, packet, jpeg[at:]))


def _behind_jfif(jpeg: bytes) -> int:
    """APP0 (JFIF) must stay the first segment."""
    if jpeg[2:4] != b"\xff\xe0":
        return 2
    return 4 + int.from_bytes(jpeg[4:6])


def _packet(description: str, properties: Mapping[str, object], taken: str | None) -> str:
    ours = {f"lfr:{name}": value for name, value in properties.items() if value is not None}
    if taken is not None:
        ours["exif:DateTimeOriginal"] = taken
    attributes = "\n".join(f" {name}={_quoted(value)}" for name, value in ours.items())
    text = escape(plain_line(description))
    return (
        f"{_HEAD}{attributes}>\n<dc:description><rdf:Alt>"
        f'<rdf:li xml:lang="x-default">{text}</rdf:li></rdf:Alt></dc:description>\n{_TAIL}'
    )


def _quoted(value: object) -> str:
    """XML has no characters that do not print; the manifest has the names as they are."""
    return quoteattr(plain_line(str(value)))
