"""What a worker in Python says to nsup, asks of it and is told: the plain protocol, standard library only. Copy it.

Where no nsup listens it does no harm: what is said goes nowhere, and who asks gets Refused with the code NO_MASTER.
"""
import json
import os
import select
import signal
import stat
import time

LINE_MAX = 4096  # bytes with the newline: up to here a line is written in one piece
PATIENCE = 60.0  # seconds that a request waits for its answer
ENOUGH = 100  # messages in hand from which on the master is to add none while an answer is waited for


class Refused(Exception):
    """A request that was refused, or whose answer is lost. code: TABLE_FULL, INBOX_FULL, BAD_NAME, NO_MASTER, ..."""

    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = code


class Nsup:
    def __init__(self):
        self._report = open_own("NSUP_REPORT_FD")
        self._inbox = fifo("NSUP_INBOX_FD")
        self._unsaid = {}
        self._beat_every = float(os.environ.get("NSUP_SILENCE_MS", "30000")) / 3000
        self._next_beat = 0.0
        self._received = b""
        self._parts = {}
        self._messages = []
        self._holds = False
        self._newest = 0
        self._last_id = 0
        self._answers = {}
        self._new_master = False
        # Every signal leaves a byte in this pipe, and a select on it ends at once: no wait delays an exit.
        self._wakeup, wakeup_end = os.pipe()
        os.set_blocking(self._wakeup, False)
        os.set_blocking(wakeup_end, False)
        signal.set_wakeup_fd(wakeup_end, warn_on_full_buffer=False)

    # --- what it says

    def tell(self, **words):
        """Says how it goes. Never waits: what finds no room is said with the next word, the newest of each kind."""
        self._unsaid.update(words)
        self._next_beat = time.monotonic() + self._beat_every
        if self._report is not None and self._put(json.dumps(self._unsaid)):
            self._unsaid = {}

    def beat(self):
        """A sign of life, if one is due. A long job calls it now and then; receive() does so by itself."""
        if time.monotonic() >= self._next_beat:
            self.tell(watchdog=True)

    # --- what it asks

    def send(self, to, data):
        """Sends a message: to a process, one of a program, or all of one (NAME:*). Returns whom it went to."""
        return self.request("send", to=to, data=data)["to"]

    def table(self, name, op, **words):
        """One operation on a shared table: nsup.table("counters", "incr", key="hits")."""
        return self.request("table", name=name, op=op, **words)

    def request(self, word, **asked):
        """Asks the master and waits for its answer. Messages that come meanwhile are kept for receive()."""
        if self._report is None or self._inbox is None:
            raise Refused("NO_MASTER", "there is no nsup to ask: this process has no inbox")
        deadline = time.monotonic() + PATIENCE
        self._hold(self._holds or len(self._messages) >= ENOUGH)
        mine = self._ask(word, asked, deadline)
        ping = None
        while mine not in self._answers:
            if self._new_master:  # what it has not answered when it answers this, it has never heard
                self._new_master = False
                ping = self._ask("ping", {}, deadline)
            if ping in self._answers:
                raise Refused("MASTER_CHANGED", "the master has changed before it answered: nobody knows whether it was done")
            if not self._read(deadline - time.monotonic()) and time.monotonic() >= deadline:
                raise Refused("NO_ANSWER", f"no answer within {PATIENCE:.0f} s")
        answer = self._answers[mine]
        self._answers.clear()
        if "error" in answer:
            raise Refused(answer["error"]["code"], answer["error"]["message"])
        return answer["value"]

    # --- what it is told

    def receive(self, seconds):
        """The next message, {"n": ..., "from": ..., "data": ...}. None: none came in this time, or a signal did."""
        end = time.monotonic() + seconds
        while not self._messages:
            self._hold(False)
            self.beat()
            left = end - time.monotonic()
            if left <= 0 or self._read(min(left, self._beat_every), [self._wakeup]) == "signal":
                return None
        return self._messages.pop(0)

    def give_back(self):
        """Before the end: messages that were read and not handled go to the next incarnation, or to none at all."""
        while self._received and self._read(0, size=1):
            pass  # to the end of a line: the rest of one is of no use to anybody
        for message in self._messages:
            self._send_line({"return": message}, f"return {message['n']}", time.monotonic() + PATIENCE)
        self._messages = []

    # --- beneath

    def _hold(self, holds):
        """Who reads on for the sake of an answer takes in messages as well: here it asks for answers alone."""
        if holds != self._holds:
            self._holds = holds
            self._send_line({"hold": {"messages": holds}}, "hold", time.monotonic() + PATIENCE)

    def _ask(self, word, asked, deadline):
        self._last_id += 1
        self._send_line({word: {"id": self._last_id, **asked}}, self._last_id, deadline)
        return self._last_id

    def _send_line(self, words, mark, deadline):
        """Writes a line, in parts if it is long, and waits for room."""
        line = json.dumps(words)  # ASCII, so that characters are bytes
        texts = [line[at:at + 1800] for at in range(0, len(line), 1800)] if len(line) >= LINE_MAX else []
        parts = [{"part": {"id": mark, "index": index, "last": index == len(texts) - 1, "text": text}} for index, text in enumerate(texts)]
        for each in [json.dumps(part) for part in parts] or [line]:
            while not self._put(each):
                if not select.select([], [self._report], [], max(0, deadline - time.monotonic()))[1]:
                    raise Refused("NO_ANSWER", "the master does not read")

    def _put(self, line):
        try:
            os.write(self._report, line.encode() + b"\n")
        except BlockingIOError:
            return False
        return True

    def _read(self, seconds, others=(), size=65536):
        """Reads what is there, or waits for it. False: nothing came; "signal": one of the others is ready."""
        inbox = [] if self._inbox is None else [self._inbox]
        ready = select.select([*inbox, *others], [], [], max(0, seconds))[0]
        if self._wakeup in ready:
            os.read(self._wakeup, 4096)
        if self._inbox in ready:
            *lines, self._received = (self._received + os.read(self._inbox, size)).split(b"\n")
            for line in lines:
                self._hear(line)
        return "signal" if self._wakeup in ready else bool(ready)

    def _hear(self, line):
        try:
            said = json.loads(line)
        except ValueError:
            return  # the end of a line that an incarnation before this one had begun to read
        if "message" in said and said["message"]["n"] > self._newest:  # else it is told twice: a master was killed
            self._newest = said["message"]["n"]
            self._messages.append(said["message"])
        if "reply" in said:
            self._answers[said["reply"]["id"]] = said["reply"]
        if "master" in said:
            self._new_master = True
            self._holds = False  # it has not been asked
        if "part" in said:
            part = said["part"]
            if part["index"] == 0:
                self._parts[part["of"]] = ""
            if part["of"] in self._parts:
                self._parts[part["of"]] += part["text"]
                if part["last"]:
                    self._hear(self._parts.pop(part["of"]))


def fifo(name):
    """The descriptor that a variable names, if it is there: somebody may have passed on the name alone."""
    fd = int(os.environ.get(name, "0"))
    try:
        return fd if fd > 2 and stat.S_ISFIFO(os.fstat(fd).st_mode) else None
    except OSError:
        return None


def open_own(name):
    """The same FIFO, opened anew: not to wait when it is full is a matter of who has opened it."""
    fd = fifo(name)
    try:
        return None if fd is None else os.open(f"/proc/self/fd/{fd}", os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return fd  # no /proc: who writes may have to wait
