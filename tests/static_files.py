"""The site's static files are looked for once a process, not once for each test client.

Every client builds the middleware anew, and WhiteNoise then asks the disk for every file: a twentieth
of the suite's time.
"""

from whitenoise.middleware import WhiteNoiseMiddleware

_look = WhiteNoiseMiddleware.add_files_from_finders
_found = {}


def _once(self):
    if not _found:
        _look(self)
        _found.update(self.files)
    self.files.update(_found)


WhiteNoiseMiddleware.add_files_from_finders = _once
