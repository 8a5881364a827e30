"""A queue worker with the standard library only: the same protocol as queue-worker.mjs (see README.md here).

Takes jobs from SPOOL/QUEUE/new one at a time and finishes the job in hand before it obeys TERM, INT or QUIT.
"""
import json
import os
import re
import select
import signal
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)


def say(message, **fields):
    """Writes one line with one system call, so that a signal handler may call it at any moment."""
    os.write(1, (json.dumps({"message": message, **fields}, separators=(",", ":")) + "\n").encode())


def report(word):
    """Tells the supervisor how it goes, where there is one that listens."""
    fd = int(os.environ.get("NSUP_REPORT_FD", "0"))
    if fd > 2:
        os.write(fd, (json.dumps(word) + "\n").encode())


class Worker:
    def __init__(self, spool, queue):
        self.queue = queue
        self.new, self.work, self.done, self.failed = (spool / queue / name for name in ("new", "work", "done", "failed"))
        self.started = time.monotonic()
        self.processed = 0
        self.last_activity = None
        self.job_in_hand = None
        self.stopping = False
        # Every signal leaves a byte in this pipe, and a select on it ends at once: no sleep delays an exit.
        self.wakeup, wakeup_end = os.pipe()
        os.set_blocking(self.wakeup, False)
        os.set_blocking(wakeup_end, False)
        signal.set_wakeup_fd(wakeup_end)
        for number in STOP_SIGNALS:
            signal.signal(number, self.on_stop)
        signal.signal(signal.SIGUSR1, self.on_status)

    def on_stop(self, number, _frame):
        message = "Worker ignored repeated signal" if self.stopping else "Worker received shutdown signal"
        self.stopping = True
        report({"stopping": True})
        say(message, signal=signal.Signals(number).name, signal_number=int(number),
            pid=os.getpid(), is_processing=self.job_in_hand is not None)

    def on_status(self, _number, _frame):
        health = {"pid": os.getpid(), "processed_count": self.processed, "last_activity": self.last_activity,
                  "is_processing": self.job_in_hand is not None, "uptime": round(time.monotonic() - self.started)}
        report({"health": health})
        say("Worker status", **health)

    def run(self):
        for folder in (self.new, self.work, self.done, self.failed):
            folder.mkdir(parents=True, exist_ok=True)
        self.return_abandoned()
        report({"ready": True})
        say("Worker started", queue=self.queue, pid=os.getpid())
        while not self.stopping:
            job = self.claim()
            if job is None:
                self.pause(1.0)
            else:
                self.job_in_hand = job.name.rsplit(".", 1)[0]
                report({"busy": {"job": self.job_in_hand}})
                self.carry_out(job)
                self.job_in_hand = None
                report({"idle": True})
        # Python gives the signals back their deadly default while it ends; one that comes then must not count.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        say("Worker gracefully shutdown", pid=os.getpid(), processed_count=self.processed)

    def pause(self, seconds):
        """Waits, but not longer than until the next signal."""
        if self.stopping and self.job_in_hand is None:
            return
        ready, _, _ = select.select([self.wakeup], [], [], seconds)
        if ready:
            os.read(self.wakeup, 4096)

    def claim(self):
        """Takes the oldest job: who renames it first has it. The pid in its new name says whose it is."""
        for name in jobs_in(self.new):
            path = self.work / f"{name}.{os.getpid()}"
            if move(self.new / name, path):
                return path
        return None

    def carry_out(self, path):
        name = path.name.rsplit(".", 1)[0]
        say("Job taken", job=name, pid=os.getpid())
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
        fields = dict(line.split("=", 1) for line in lines if "=" in line)
        seconds = fields.get("seconds", "0")
        good = re.fullmatch("[0-9]{1,6}", seconds) is not None
        if good:
            end = time.monotonic() + int(seconds)
            while (left := end - time.monotonic()) > 0:
                self.pause(left)
            while fields.get("hold") and not os.path.exists(fields["hold"]):
                self.pause(0.5)
        path.rename((self.done if good else self.failed) / name)
        self.processed += 1 if good else 0
        self.last_activity = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        if good:
            say("Job done", job=name, pid=os.getpid())
        else:
            say("Job failed", job=name, pid=os.getpid(), reason=f"seconds must be a whole number, not {seconds}")

    def return_abandoned(self):
        """Jobs of a worker that was killed go back to the queue: a job is done at least once."""
        for claimed in jobs_in(self.work):
            name, _, pid = claimed.rpartition(".")
            if name and pid.isdecimal() and not is_other_alive(int(pid)):
                if move(self.work / claimed, self.new / name):
                    say("Job returned to the queue", job=name, pid=os.getpid())


def is_other_alive(pid):
    if pid == os.getpid():  # a dead worker's pid has come round to this one
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def jobs_in(folder):
    return sorted(name for name in os.listdir(folder) if not name.startswith("."))


def move(source, target):
    """False when another worker was faster."""
    try:
        source.rename(target)
    except FileNotFoundError:
        return False
    return True


def main():
    queue = sys.argv[1] if len(sys.argv) > 1 else "user_operations"
    spool = Path(os.environ.get("SPOOL") or Path(__file__).resolve().parent / "spool")
    try:
        Worker(spool, queue).run()
    except OSError as error:
        sys.exit(f"queue_worker: cannot use the spool folder {spool / queue}: {error.strerror}; "
                 "set SPOOL to a folder that can be written")


main()
