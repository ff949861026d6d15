"""What decoding bytes from outside may raise."""

import msgspec

# msgspec tells of text that is not UTF-8 and of nesting that is too deep by Python's own errors.
UNDECODABLE = (msgspec.DecodeError, UnicodeError, RecursionError)
