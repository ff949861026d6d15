"""A card for nfcpy's udp reader, in a process of its own: killing it takes the card away.

Usage: python nfc_target.py PORT 106A|106B|212F UID. Prints a line when it lies in the field, and
one each time it is asked for (106A only).
"""

import logging
import sys

import nfc.clf


class _Asked(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        if "rcvd SENS_REQ" in record.getMessage():
            print("asked", flush=True)


def main(port: str, bit_rate: str, uid: str) -> None:
    """Lie in the field until killed."""
    target = nfc.clf.LocalTarget(bit_rate)
    number = bytearray.fromhex(uid)
    if bit_rate == "106A":
        target.sens_res = bytearray.fromhex("4400")
        target.sdd_res = number
        target.sel_res = bytearray.fromhex("00")
    elif bit_rate == "106B":
        target.sensb_res = bytearray.fromhex("50") + number + bytearray.fromhex("00000000008171")
    else:
        target.sensf_res = bytearray.fromhex("01") + number + bytearray.fromhex("0" * 16 + "FFFF")
    logger = logging.getLogger("nfc.clf.udp")
    logger.setLevel(logging.DEBUG)
    logger.addHandler(_Asked())
    frontend = nfc.clf.ContactlessFrontend(f"udp:127.0.0.1:{port}")
    print("in the field", flush=True)
    while True:
        frontend.listen(target, timeout=600.0)


if __name__ == "__main__":
    main(*sys.argv[1:])
