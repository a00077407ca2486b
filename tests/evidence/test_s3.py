"""The same over an S3-compatible store: a real server on loopback, by the extra ``s3``.

moto's, or with ``CSIRT_TEST_S3_URL`` another: ``http://key:secret@host:port``. Its bucket ``pieces``
is made if need be, and emptied.
"""

import hashlib
import io
import os
import subprocess
import sys
import time
from contextlib import suppress
from datetime import timedelta
from importlib import import_module
from urllib.parse import urlsplit
from urllib.request import urlopen

import pyrage
import pytest
import pyzipper

from csirt.kernel.clock import now
from csirt.management.backups import making, reading
from incidents.evidence import opening, sealing
from incidents.evidence.store import store
from incidents.models import Evidence
from incidents.services import custody
from tests.conftest import FOLDER, REQUIRE_ALL
from tests.evidence.conftest import send, visit
from tools.servers import end, free_port

boto3 = import_module("boto3") if REQUIRE_ALL else pytest.importorskip("boto3")
OTHER = os.environ.get("CSIRT_TEST_S3_URL")
REGION = "eu-west-3"


@pytest.fixture(scope="module")
def endpoint():
    """Return the address, with the key and the secret."""
    if OTHER:
        yield urlsplit(OTHER)
        return
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(600):
        try:
            with urlopen(f"http://127.0.0.1:{port}", timeout=2):
                break
        except OSError:
            time.sleep(0.1)
    yield urlsplit(f"http://desk:secret@127.0.0.1:{port}")
    end(process)


@pytest.fixture(scope="module")
def options(endpoint):
    """Return what the settings say of the store; its bucket is there."""
    url = f"{endpoint.scheme}://{endpoint.hostname}:{endpoint.port}"
    client = boto3.client(
        "s3",
        endpoint_url=url,
        aws_access_key_id=endpoint.username,
        aws_secret_access_key=endpoint.password,
        region_name=REGION,
    )
    with suppress(client.exceptions.BucketAlreadyOwnedByYou):
        where = {"LocationConstraint": REGION}
        client.create_bucket(Bucket="pieces", CreateBucketConfiguration=where)
    return {
        "bucket_name": "pieces",
        "endpoint_url": url,
        "region_name": REGION,
        "access_key": endpoint.username,
        "secret_key": endpoint.password,
        "addressing_style": "path",
        "default_acl": None,
        "max_memory_size": 8 * 1024 * 1024,
    }


@pytest.fixture(autouse=True)
def bucket(options, empty_store, settings):
    backend = "storages.backends.s3.S3Storage"
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": backend, "OPTIONS": options}}
    yield
    for folder in ("pieces", "copies"):
        for name in names(folder):
            store().delete(f"{folder}/{name}")


def names(folder="pieces"):
    return store().listdir(folder)[1]


def test_a_file_goes_there_sealed_and_comes_back_whole():
    content = os.urandom(1024) * 15_000  # three parts
    kept = sealing.seal(io.BytesIO(content).read)
    with store().open(kept.name, "rb") as sealed:
        assert sealed.read(21) == b"age-encryption.org/v1"
    identity = pyrage.x25519.Identity.generate()
    copy = opening.copy_for(kept.name, kept.sha256, str(identity.to_public()))
    archive = opening.Zipped(copy, str(identity), name="a.bin", size=kept.size)
    data = b"".join(iter(archive.piece, b""))
    archive.end()

    out = pyzipper.AESZipFile(io.BytesIO(data))
    out.setpassword(b"infected")
    assert hashlib.sha256(out.read("a.bin")).hexdigest() == kept.sha256
    assert names("copies") == []
    store().delete(kept.name)


def test_a_cut_upload_leaves_nothing():
    sealer = sealing.Sealer()
    for _ in range(12):
        sealer.write(os.urandom(1024 * 1024))
    sealer.abort()

    assert names() == []


def test_the_victim_sends_and_orphans_go(denise):
    assert send(visit(denise), b"bonjour").status_code == 302
    sealing.seal(io.BytesIO(b"orphan").read)
    assert len(names()) == 2

    assert custody.sweep_orphans(now=now() + timedelta(hours=3)) == 1
    assert names() == [Evidence.objects.get().stored.partition("/")[2]]


def test_a_backup_goes_to_a_bucket_and_is_read_back_from_it(denise, settings):
    """With the evidence in the same store, in another bucket as a rule."""
    settings.STORAGES = settings.STORAGES | {"backups": settings.STORAGES["default"]}
    assert send(visit(denise), b"bonjour" * 1000).status_code == 302

    made = making.make(now=now())
    key = (FOLDER / "keys" / "backup.key").read_text().strip()
    with making.place().open(made.name, "rb") as sealed:
        seen = reading.verify(sealed, [key])

    assert list(seen.files) == [Evidence.objects.get().stored]
    assert making.place().size(made.name) > made.size
    making.place().delete(made.name)
