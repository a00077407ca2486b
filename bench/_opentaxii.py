"""OpenTAXII beside the desk: the same objects in its own table, read by anybody, so without its password check.

``OPENTAXII`` names what is installed, as pip writes it: a release (the newest unless said), or a checkout.
"""

import http.client
import os
import subprocess
import sys
import uuid

from tools import machine

FOLDER = machine.ROOT / "var" / "opentaxii"
WANTED = os.environ.get("OPENTAXII", "opentaxii==0.9.3")
CONFIG = """
domain: "127.0.0.1:{port}"
auth_api:
  class: opentaxii.auth.sqldb.SQLDatabaseAPI
  parameters: {{db_connection: "{url}", create_tables: yes, secret: bench-bench-bench-bench-bench-bench}}
taxii1:
taxii2:
  persistence_api:
    class: opentaxii.persistence.sqldb.Taxii2SQLDatabaseAPI
    parameters: {{db_connection: "{url}", create_tables: yes}}
  title: bench
  public_discovery: true
  max_content_length: 10485760
logging: {{opentaxii: error, root: error}}
"""
ROOT = 'insert into opentaxii_api_root (id, "default", title, is_public) values (%s, true, $$x$$, true)'
COLLECTION = (
    "insert into opentaxii_collection (id, api_root_id, title, is_public, is_public_write)"
    " values (%s, %s, 'x', true, false)"
)
OBJECTS = """
insert into opentaxii_stixobject
  (pk, id, collection_id, type, spec_version, date_added, version, serialized_data)
select gen_random_uuid(), one->>'id', %s, one->>'type', '2.1',
  timestamp '2026-01-01' + number * interval '1 microsecond', (one->>'modified')::timestamptz,
  (one - 'id' - 'type' - 'spec_version')::json
from (
  select bytes::jsonb as one, row_number() over (order by added_at) as number
  from api_share where collection_id = %s and is_latest
) as held
"""


def installed():
    """Install it into a folder of its own; return that folder's programs."""
    programs = FOLDER / "bin"
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "-q", "--clear", FOLDER], check=True)
    words = [WANTED, "psycopg2-binary", "gunicorn", "sqlalchemy<2"]
    subprocess.run(
        [*uv, "pip", "install", "-q", "--python", programs / "python", *words], check=True
    )
    return programs


def contender(one):
    """Return the server, not yet started, whose public collection holds what *one* holds."""
    from tests.server import Web, database_url

    programs = installed()

    class OpenTaxii(Web):
        name = "opentaxii"

        def __init__(self):
            super().__init__()
            url = database_url().replace("postgresql://", "postgresql+psycopg2://")
            config = FOLDER / "config.yml"
            config.write_text(CONFIG.format(port=self.port, url=url), encoding="utf-8")
            self.environment["OPENTAXII_CONFIG"] = str(config)
            self.root, self.collection = uuid.uuid4(), uuid.uuid4()

        @property
        def path(self):
            return f"/taxii2/{self.root}/collections/{self.collection}/objects/"

        @property
        def command(self):
            address = f"127.0.0.1:{self.port}"
            return [str(programs / "gunicorn"), "-b", address, "-w", "1", "opentaxii.http:app"]

        def answers(self):
            line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            try:
                line.request("GET", "/taxii2/")
                return line.getresponse().status > 0
            except OSError:
                return False

        def fill(self):
            """Make its collection, and put the desk's objects there; it has made its tables."""
            from django.db import connection

            with connection.cursor() as cursor:
                cursor.execute(ROOT, [self.root])
                cursor.execute(COLLECTION, [self.collection, self.root])
                cursor.execute(OBJECTS, [self.collection, one.pk])
                cursor.execute("analyze opentaxii_stixobject")

    return OpenTaxii()
