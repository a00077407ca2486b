import sys

# jsonschema would compile a grammar for IRIs, for seconds; no STIX schema asks for one.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
