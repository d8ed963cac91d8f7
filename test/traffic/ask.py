"""usage: ask.py tcp|udp ADDRESS PORT TIMES ASKED ANSWERED. Asks so many times, with so many bytes, and waits for as many as were asked for."""

import socket
import sys

protocol, address = sys.argv[1:3]
port, times, asked, answered = map(int, sys.argv[3:])
question = b"%7d %7d " % (asked, answered)
if protocol == "udp":
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(1)
        for _ in range(times):
            # What is lost is asked again: interfaces and collectors count both.
            for _ in range(20):
                asker.sendto(question + b"x" * (asked - len(question)), (address, port))
                try:
                    asker.recv(65536)
                    break
                except TimeoutError:
                    pass
            else:
                sys.exit("no answer")
else:
    for _ in range(times):
        with socket.create_connection((address, port), 20) as asker:
            asker.sendall(question + b"x" * asked)
            while asker.recv(65536):
                pass
