"""Write ``permissions.csv`` again from what the desk answers now: ``python tests/permissions_write.py``.

Read the difference line by line before it is committed: it is who may do what.
"""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent

if __name__ == "__main__":
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "principal"]
    command.append(str(HERE / "test_permissions.py"))
    environment = os.environ | {"CSIRT_TEST_WRITE_PERMISSIONS": "1"}
    sys.exit(subprocess.call(command, cwd=HERE.parent, env=environment))
