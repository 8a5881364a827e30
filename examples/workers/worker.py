"""Counts the words of files: each message {"file": PATH, "reply_to": NAME} is a job. Needs nsup.py beside it.

Finishes the job in hand before it obeys TERM, INT or QUIT, and leaves what it has not begun to the next incarnation.
"""
import json
import os
import signal
import sys
import time
from pathlib import Path

from nsup import Nsup, Refused

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
MAX_JOBS = int(os.environ.get("MAX_JOBS", "1000"))

nsup = Nsup()
started = time.monotonic()
stopping = False
job = None
processed = 0
failed = 0
last_activity = None


def log(message, **fields):
    """One line with one system call, so that a signal handler may do it at any moment."""
    os.write(1, (json.dumps({"message": message, "pid": os.getpid(), **fields}) + "\n").encode())


def on_stop(number, _frame):
    global stopping
    message = "Worker ignored repeated signal" if stopping else "Worker received shutdown signal"
    stopping = True
    nsup.tell(stopping=True)
    log(message, signal=signal.Signals(number).name, signal_number=int(number), is_processing=job is not None)


def on_status(_number, _frame):
    health = {"processed_count": processed, "failed_count": failed, "is_processing": job is not None, "current_job": job,
              "last_activity": last_activity, "uptime": round(time.monotonic() - started)}
    nsup.tell(health=health)
    log("Worker status", **health)


def carry_out(asked):
    words = 0
    with Path(asked["file"]).open("rb") as file:
        for line in file:
            words += len(line.split())
            nsup.beat()
    total = nsup.table("counters", "incr", key="words", by=words)
    if "reply_to" in asked:
        nsup.send(asked["reply_to"], {"file": asked["file"], "words": words, "total": total})


for number in STOP_SIGNALS:
    signal.signal(number, on_stop)
signal.signal(signal.SIGUSR1, on_status)
nsup.tell(ready=True)
log("Worker started")

while not stopping and processed + failed < MAX_JOBS:
    message = nsup.receive(60)
    if message is None:
        continue  # a signal, or nothing for a minute
    job = str(message["n"])
    nsup.tell(busy={"job": job})
    log("Job taken", job=job)
    try:
        carry_out(message["data"])
        processed += 1
        log("Job done", job=job)
    except (OSError, KeyError, TypeError, Refused) as error:
        failed += 1
        log("Job failed", job=job, reason=f"{type(error).__name__}: {error}")
    job = None
    last_activity = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    nsup.tell(busy=False)

if not stopping:
    nsup.tell(recycling=f"after {processed + failed} jobs")
nsup.give_back()
# Python gives the signals back their deadly default while it ends; one that comes then must not count.
signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
log("Worker gracefully shutdown", processed_count=processed)
sys.exit(0)
