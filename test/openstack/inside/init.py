"""Process 1 of a node: reaps orphans and leaves on SIGTERM, whereupon the kernel ends everything else in the node."""

import os
import signal

signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
signal.signal(signal.SIGCHLD, lambda *_: None)
os.system("ip link set lo up")
while True:
    try:
        os.waitpid(-1, 0)
    except ChildProcessError:
        signal.pause()
