"""Event listeners that do what people's listeners do, on supervisor's own childutils: watch, restart over XML-RPC, mail.

    watcher.py web RECORD SOCKET    restarts `hung` when its socket gives no answer; asks again after many ticks
    watcher.py memory RECORD BYTES  restarts who is larger, once each
    watcher.py crash RECORD         mails each unexpected exit by a command
    watcher.py batch RECORD         gathers what failed, mails all of it with the next tick
    watcher.py talk RECORD          writes down what programs say between the tokens
    watcher.py hung SOCKET          takes connections and never answers
    watcher.py worker               says something between the tokens, then waits
"""
import json
import os
import socket
import sys
import time
import xmlrpc.client

from supervisor import childutils

record = open(sys.argv[2], 'a') if sys.argv[1] not in ('worker', 'hung') else None


def note(*words):
    record.write(json.dumps(words) + '\n')
    record.flush()
    sys.stderr.write('%s\n' % (words[0],))
    sys.stderr.flush()


def mail(text):
    pipe = os.popen("cat >> '%s.mail'" % sys.argv[2], 'w')
    pipe.write(text + '\n')
    pipe.close()


def events():
    while True:
        headers, payload = childutils.listener.wait(sys.stdin, sys.stdout)
        yield headers, payload
        childutils.listener.ok(sys.stdout)


def server():
    return childutils.getRPCInterface(os.environ).supervisor


def answers(path):
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.settimeout(0.3)
    try:
        client.connect(path)
        client.sendall(b'GET / HTTP/1.0\r\n\r\n')
        return bool(client.recv(1))
    except OSError:
        return False


def restart(rpc, name):
    note('stop', name, rpc.stopProcess(name))
    try:
        rpc.stopProcess(name)
    except xmlrpc.client.Fault as fault:
        note('fault', fault.faultCode, fault.faultString)
    note('start', name, rpc.startProcess(name))


def web():
    rpc = server()  # one connection for all of its life
    for tick, (headers, payload) in enumerate(events()):
        note(headers['eventname'], sorted(headers), int(payload.split(':')[1]) % 5)
        if tick == 0 and not answers(sys.argv[3]):
            restart(rpc, 'hung')
        if tick == 3:
            note('later', rpc.getProcessInfo('hung')['statename'])


def resident(pid):
    try:
        with open('/proc/%d/statm' % pid) as pages:
            return int(pages.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')
    except OSError:
        return 0  # it has just ended


def memory():
    rpc = server()
    done = set()
    for _ in events():
        for info in rpc.getAllProcessInfo():
            name = '%(group)s:%(name)s' % info
            if info['pid'] and name not in done and resident(info['pid']) > int(sys.argv[3]):
                done.add(name)
                restart(rpc, name)


def crash():
    for headers, payload in events():
        fields, _ = childutils.eventdata(payload + '\n')
        if not int(fields['expected']):
            mail('%(processname)s of %(groupname)s from %(from_state)s' % fields)
            note('mailed', fields['processname'])


def batch():
    gathered = []
    for headers, payload in events():
        if headers['eventname'].startswith('TICK'):
            if gathered:
                mail(' '.join(sorted(gathered)))
                note('mailed', sorted(gathered))
            gathered = []
        elif headers['eventname'] == 'PROCESS_STATE_FATAL':
            gathered.append(childutils.get_headers(payload)['processname'])


def talk():
    for headers, payload in events():
        fields, data = childutils.eventdata(payload)
        del fields['pid']
        note(headers['eventname'], fields, data)


class Either:
    """childutils writes its tokens as bytes, on Python 3 too."""

    def __init__(self, stream):
        self.stream = stream

    def write(self, words):
        self.stream.buffer.write(words if isinstance(words, bytes) else words.encode())

    def flush(self):
        self.stream.flush()


def worker():
    childutils.pcomm.send('on \u00e9 stdout', Either(sys.stdout))
    childutils.pcomm.send('on \u65e5\u672c stderr', Either(sys.stderr))
    time.sleep(600)


def hung():
    if os.path.exists(sys.argv[2]):
        os.unlink(sys.argv[2])
    server = socket.socket(socket.AF_UNIX)
    server.bind(sys.argv[2])
    server.listen(9)
    time.sleep(600)


globals()[sys.argv[1]]()
