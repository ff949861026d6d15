"""Which release this is. A server speaks with agents of this release and the one before."""

VERSION = "0.1.0"
