"""A listener of smogd's live feed (GET /api/v1/live), in a thread of its own, as a page would be."""
import json
import socket
import threading
import time


class Event:
    def __init__(self, name, data, number, at):
        self.name, self.data, self.id, self.at = name, data, number, at

    def __repr__(self):
        return "%s %s %s" % (self.name, self.id, json.dumps(self.data, ensure_ascii=False)[:200])


class Listener:
    """Keeps the events that came, each with the monotonic time of its arrival."""

    def __init__(self, port, last=None, header=True, cookie=None):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        head = "Last-Event-ID: %s\r\n" % last if last and header else ""
        head += "Cookie: smogd_session=%s\r\n" % cookie if cookie else ""
        query = "?last=" + last if last and not header else ""
        self.socket.sendall(("GET /api/v1/live%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%s\r\n" % (query, port, head)).encode())
        self.events, self.head, self.ended = [], "", False
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        stream = self.socket.makefile("rb")
        try:
            for line in stream:
                if line == b"\r\n":
                    break
                self.head += line.decode()
            self._blocks(stream)
        except (OSError, ValueError):
            pass
        self.ended = True

    def _blocks(self, stream):
        text = b""
        while True:  # chunked (RFC 9112)
            size = int(stream.readline() or b"0", 16)
            if size == 0:
                return
            text += stream.read(size)
            stream.readline()
            *blocks, text = text.split(b"\n\n")
            self.events += [self._event(block.decode()) for block in blocks]

    @staticmethod
    def _event(block):
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        return Event(fields["event"], json.loads(fields["data"]), fields["id"], time.monotonic())

    def named(self, name):
        return [event for event in list(self.events) if event.name == name]

    def last_id(self):
        return self.events[-1].id

    def close(self):
        """Cuts the connection; gives the id of the last event."""
        self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join(10)
        self.socket.close()
        return self.last_id() if self.events else None
