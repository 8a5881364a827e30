"""Drives one XML-RPC server with Python's own client: a JSON request a line in, a JSON answer a line out.

Requests: {"call": name, "args": [...]}, {"until": {namespec: [states]}}, {"raw": body, "path": path, "verb": verb, "headers": {}, "socket": path, "most": bytes to read}.
"""
import base64
import http.client
import json
import socket
import sys
import time
import xmlrpc.client


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__('localhost', timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(60)
        self.sock.connect(self.path)


class UnixTransport(xmlrpc.client.Transport):
    def __init__(self, path):
        super().__init__()
        self.path = path

    def make_connection(self, host):
        return UnixConnection(self.path)


def shown(value):
    """JSON that keeps apart what XML-RPC keeps apart."""
    if isinstance(value, xmlrpc.client.DateTime):
        return {'$date': value.value}
    if isinstance(value, xmlrpc.client.Binary):
        return {'$base64': base64.b64encode(value.data).decode()}
    if isinstance(value, float):
        return {'$double': value}
    if isinstance(value, (list, tuple)):
        return [shown(one) for one in value]
    if isinstance(value, dict):
        return {name: shown(one) for name, one in value.items()}
    return value


def call(proxy, name, args):
    try:
        return {'value': shown(getattr(proxy, name)(*args))}
    except xmlrpc.client.Fault as fault:
        return {'fault': [fault.faultCode, fault.faultString]}
    except xmlrpc.client.ProtocolError as error:
        return {'http': error.errcode}


def until(proxy, wanted):
    deadline = time.monotonic() + 40
    while True:
        found = {}
        try:
            for info in proxy.supervisor.getAllProcessInfo():
                name = info['name'] if info['name'] == info['group'] else '%(group)s:%(name)s' % info
                found[name] = info['statename']
        except (xmlrpc.client.Error, OSError, http.client.HTTPException):
            pass  # it is being restarted
        missing = {name: found.get(name) for name, states in wanted.items() if found.get(name) not in states}
        if not missing:
            return {'value': found}
        if time.monotonic() > deadline:
            return {'late': missing}
        time.sleep(0.02)


def raw(path, request):
    connection = UnixConnection(request.get('socket', path))
    headers = request.get('headers', {})
    connection.putrequest(request.get('verb', 'POST'), request.get('path', '/RPC2'))
    for name, value in headers.items():
        connection.putheader(name, value)
    body = request.get('raw')
    if body is not None and 'Content-Length' not in headers:
        connection.putheader('Content-Length', str(len(body.encode())))
    connection.endheaders()
    if body is not None:
        connection.send(body.encode())
    answer = connection.getresponse()
    text = answer.read(request.get('most')).decode()
    connection.close()
    return {
        'status': answer.status, 'type': answer.getheader('Content-Type'), 'body': text, 'version': answer.version,
        'authenticate': answer.getheader('WWW-Authenticate'), 'length': answer.getheader('Content-Length') is not None,
        'chunked': answer.getheader('Transfer-Encoding'), 'buffering': answer.getheader('X-Accel-Buffering'),
        'modified': answer.getheader('Last-Modified') is not None,
    }


def main(path):
    proxy = xmlrpc.client.ServerProxy('http://localhost/RPC2', transport=UnixTransport(path), allow_none=True)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if 'call' in request:
                answer = call(proxy, request['call'], request['args'])
            elif 'until' in request:
                answer = until(proxy, request['until'])
            else:
                answer = raw(path, request)
        except Exception as error:
            answer = {'error': type(error).__name__}
        print(json.dumps(answer), flush=True)


main(sys.argv[1])
