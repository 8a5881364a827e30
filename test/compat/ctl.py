"""Runs the stock supervisorctl or supervisord, as often as it is asked to: {"program", "args", "input"} a line in, {"stdout", "stderr", "exitCode"} a line out.

Each run is a process of its own, forked from here, so that Python and its modules are loaded once and not each time.
"""
import json
import os
import signal
import sys
import tempfile
import traceback

from supervisor import supervisorctl, supervisord


def run(program, args, files):
    """In the child: what /usr/bin/supervisorctl and its like do; returns the exit code."""
    for number, file in enumerate(files):
        os.dup2(file.fileno(), number)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, 'w'), open(2, 'w')
    sys.argv = [program, *args]
    try:
        (supervisord if program == 'supervisord' else supervisorctl).main()
        return 0
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def main():
    for line in sys.stdin:
        request = json.loads(line)
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            given.write(request.get('input', '').encode())
            given.seek(0)
            pid = os.fork()
            if pid == 0:
                signal.alarm(25)  # what waits for good must not hold up the rest
                os._exit(run(request.get('program', 'supervisorctl'), request['args'], (given, out, err)))
            status = os.waitpid(pid, 0)[1]
            out.seek(0)
            err.seek(0)
            answer = {
                'stdout': out.read().decode('utf-8', 'replace'),
                'stderr': err.read().decode('utf-8', 'replace'),
                'exitCode': os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status),
            }
        print(json.dumps(answer), flush=True)


main()
