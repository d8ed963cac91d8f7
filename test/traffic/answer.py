"""Answers whoever asks: the first bytes say how much comes and how much to give back."""

import socket
import threading


def serve(connection):
    asked, answered = map(int, connection.recv(16, socket.MSG_WAITALL).split())
    while asked > 0:
        asked -= len(connection.recv(min(asked, 65536)))
    connection.sendall(b"x" * answered)
    connection.close()


def listen(port):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("0.0.0.0", port))
    listener.listen(64)
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],)).start()


def reply(port):
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.bind(("0.0.0.0", port))
    while True:
        datagram, asker = listener.recvfrom(65536)
        listener.sendto(b"x" * int(datagram[8:16]), asker)


for port in (80, 8080, 5432):
    threading.Thread(target=listen, args=(port,)).start()
threading.Thread(target=reply, args=(8125,)).start()
print("ready", flush=True)
