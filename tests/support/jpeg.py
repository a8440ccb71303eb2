"""A JPEG as a camera writes it, without a picture worth decoding: enough for what reads sizes and Exif only."""
import struct


def _directory(at, entries):
    """A TIFF directory at that offset: (tag, text or offset)."""
    head = struct.pack(">H", len(entries))
    data = b""
    free = at + 2 + 12 * len(entries) + 4
    for tag, value in entries:
        if isinstance(value, int):
            head += struct.pack(">HHII", tag, 4, 1, value)
            continue
        text = value.encode() + b"\0"
        if len(text) <= 4:
            head += struct.pack(">HHI", tag, 2, len(text)) + text.ljust(4, b"\0")
        else:
            head += struct.pack(">HHII", tag, 2, len(text), free + len(data))
            data += text
    return head + b"\0\0\0\0" + data


def _segment(marker, data):
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def jpeg(width=1920, height=1080, taken=None, model="NOVA 7", content=b"\x12\x34"):
    exif = b""
    if taken:  # "2026:07:01 09:30:12"
        first = [(0x0110, model), (0x8769, 0)]
        second = 8 + len(_directory(8, first))
        first[1] = (0x8769, second)
        tiff = b"MM\0*" + struct.pack(">I", 8) + _directory(8, first) + _directory(second, [(0x9003, taken)])
        exif = _segment(0xE1, b"Exif\0\0" + tiff)
    frame = struct.pack(">BHHB", 8, height, width, 3) + b"\1\x22\0\2\x11\1\3\x11\1"
    coded = content.replace(b"\xff", b"\xff\0")
    return b"\xff\xd8" + exif + _segment(0xC0, frame) + _segment(0xDA, b"\3\1\0\2\x11\3\x11\0\x3f\0") + coded + b"\xff\xd9"
