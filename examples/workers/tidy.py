"""A job: removes the files of a folder that are older than so many days. tidy.py FOLDER DAYS. Needs nsup.py beside it.

Exit code 0: done; 1: not all could be removed, or it was asked to stop before the end; 2: called in a wrong way.
"""
import os
import signal
import sys
import time

from nsup import Nsup, Refused

stopping = False


def on_stop(_number, _frame):
    global stopping
    stopping = True


def remove(path):
    try:
        os.unlink(path)
    except OSError as error:
        print(f"cannot remove {path}: {error.strerror}", file=sys.stderr)
        return False
    return True


if len(sys.argv) != 3 or not sys.argv[2].isdecimal():
    sys.exit(print("tidy.py FOLDER DAYS", file=sys.stderr) or 2)
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
    signal.signal(number, on_stop)

before = time.time() - int(sys.argv[2]) * 86400
removed = failed = 0
try:
    old = [entry.path for entry in os.scandir(sys.argv[1]) if entry.is_file() and entry.stat().st_mtime < before]
except FileNotFoundError:
    old = []  # no folder, nothing to tidy
for path in old:
    if stopping:
        break
    if remove(path):
        removed += 1
    else:
        failed += 1
try:
    print(f"removed {removed} files, {Nsup().table('counters', 'incr', key='removed', by=removed)} since the table is there")
except Refused as error:
    print(f"removed {removed} files, and could not count them: {error}", file=sys.stderr)
sys.exit(1 if stopping or failed > 0 else 0)
