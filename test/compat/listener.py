# An event listener on supervisor's own childutils, as superlance's programs are: it takes payloads apart as they do,
# and records each event as a line of JSON. With a third argument it refuses the first event.
import json
import sys

from supervisor import childutils

record = open(sys.argv[1], 'a')
refusals = len(sys.argv) - 2
while True:
    headers, payload = childutils.listener.wait(sys.stdin, sys.stdout)
    name = headers['eventname']
    if name.startswith('PROCESS_STATE'):
        parts = [childutils.get_headers(payload)]
    elif name.startswith(('PROCESS_LOG', 'PROCESS_COMMUNICATION')):
        parts = list(childutils.eventdata(payload))
    else:
        parts = [payload]
    record.write(json.dumps({'headers': list(headers.items()), 'parts': parts}) + '\n')
    record.flush()
    if refusals > 0:
        refusals -= 1
        childutils.listener.fail(sys.stdout)
    else:
        childutils.listener.ok(sys.stdout)
