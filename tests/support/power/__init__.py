"""Power loss without pulling a plug: what a program wrote, and what a disk may keep of it.

`recorder.c` notes every file operation of a program, `trace.py` reads the notes, `history.py` plays
them through a model of the file system (`tree.py` for names, `contents.py` for bytes), and
`disk.PowerDisk` is what a test uses.
"""

from support.power.disk import PowerDisk, build

__all__ = ["PowerDisk", "build"]
