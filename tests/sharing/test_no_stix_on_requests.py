"""The STIX libraries take seconds and 100 MB to load: the web process never does."""

import json
import subprocess
import sys

from tools import machine

LOOK = """
import json, sys
import csirt.asgi
from django.urls import get_resolver

def walk(patterns):
    for each in patterns:
        yield from walk(each.url_patterns) if hasattr(each, "url_patterns") else [each.callback]

views = list(walk(get_resolver().url_patterns))
print(json.dumps([len(views), sorted(sys.modules)]))
"""


def test_a_web_process_with_every_address_loads_no_stix_library():
    done = subprocess.run(
        [sys.executable, "-c", LOOK], cwd=machine.ROOT, capture_output=True, text=True, check=True
    )
    views, modules = json.loads(done.stdout.splitlines()[-1])

    assert views > 50
    assert "api.sharing.acts" in modules
    never = {"stix2", "stix2validator", "stix2patterns", "api.stix.checks", "api.sharing.making"}
    assert never & set(modules) == set()
