"""An event listener that records headers and payloads as they come, counted in characters as Python's text files do."""
import json
import sys

sys.stdin.reconfigure(encoding='utf-8')
record = open(sys.argv[1], 'a', encoding='utf-8')
while True:
    sys.stdout.write('READY\n')
    sys.stdout.flush()
    header = sys.stdin.readline()
    length = int(header.rsplit('len:', 1)[1])
    payload = sys.stdin.read(length)
    record.write(json.dumps({'header': header, 'payload': payload}, ensure_ascii=False) + '\n')
    record.flush()
    sys.stdout.write('RESULT 2\nOK')
    sys.stdout.flush()
