"""usage: batch.py <cloud> [global options, before each command]
Runs the real openstack client many times in one process, as its start costs two seconds. Each line of standard input is one command: as typed
in a shell, or a JSON list of arguments. Each is answered by one line, its output as a JSON string; the first that fails ends the batch."""

import contextlib
import io
import json
import shlex
import sys

from openstackclient import shell

cloud, *options = sys.argv[1:]
for line in sys.stdin:
    arguments = json.loads(line) if line.startswith("[") else shlex.split(line, comments=True)
    if not arguments:
        continue
    output = io.StringIO()
    # a client of its own for each command, because a client writes to the stream it was built with
    with contextlib.redirect_stdout(output):
        client = shell.OpenStackShell()
        client.stdout = output
        failed = client.run(["--os-cloud", cloud, *options, *arguments])
    if failed:
        sys.exit(f"openstack --os-cloud {cloud} {shlex.join(arguments)}: failed ({failed})")
    print(json.dumps(output.getvalue()), flush=True)
