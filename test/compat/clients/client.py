"""Python: xmlrpc.client over TCP; over a unix socket with supervisor's own SupervisorTransport.

usage: client.py URL USER PASSWORD; reads [[method, argument...], ...] in JSON, writes the answers in JSON.
"""
import json
import sys
import xmlrpc.client


def connect(url, user, password):
    if url.startswith('unix://'):
        from supervisor.xmlrpc import SupervisorTransport
        return xmlrpc.client.ServerProxy('http://127.0.0.1', transport=SupervisorTransport(user, password, url))
    host = url[len('http://'):]
    return xmlrpc.client.ServerProxy('http://%s:%s@%s/RPC2' % (user, password, host))


def answer(proxy, method, *arguments):
    try:
        if method == 'system.multicall':
            calls = xmlrpc.client.MultiCall(proxy)
            for one in arguments[0]:
                getattr(calls, one['methodName'])(*one['params'])
            return {'value': calls().results}
        return {'value': getattr(proxy, method)(*arguments)}
    except xmlrpc.client.Fault as fault:
        return {'fault': [fault.faultCode, fault.faultString]}
    except xmlrpc.client.ProtocolError as error:
        return {'http': error.errcode}


proxy = connect(*sys.argv[1:4])
json.dump([answer(proxy, *call) for call in json.load(sys.stdin)], sys.stdout)
