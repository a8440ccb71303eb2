"""What programs do to their files, in one order, as strace has seen it: every change below given folders as an Operation.

strace sees what a preloaded library would not (the writes of stdio). A call that is not understood here is a Failure, never left out; what
writes without a call (a shared mapping) is noticed by who compares the end with the real files.
"""
import os
import re
from collections import namedtuple

from station import Failure

CALLS = ("openat open creat write pwrite64 writev pwritev pwritev2 ftruncate truncate fallocate lseek rename renameat renameat2 link linkat symlink "
         "symlinkat unlink unlinkat mkdir mkdirat rmdir fsync fdatasync sync syncfs copy_file_range sendfile splice io_uring_setup").split()

# kind: open, write, size, sync, rename, link, unlink, mkdir, said. `path` is below the folder `root`. `begun`: operations before it began,
# which is what a sync covers. `data`: bytes of a write, a size, the new path of a rename or link, flags of an open.
Operation = namedtuple("Operation", "kind root path data offset begun")


def strace(log, *command):
    """The command that runs a command and logs what it, and all that it starts, does to files."""
    return ["strace", "-f", "--seccomp-bpf", "-y", "-xx", "-s", "16777216", "-e", "trace=" + ",".join(CALLS), "-e", "signal=none", "-o", log, *command]


_LINE = re.compile(r"(\d+) +(?:<\.\.\. (\w+) resumed>|(\w+)\()(.*)$", re.S)
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')
_FD = re.compile(r"(?:\d+|AT_FDCWD)<((?:\\x[0-9a-f]{2}|[^\\>])*)>")
_RESULT = re.compile(r"\) += (-?\d+|\?)")


def _bytes(text):
    return bytes.fromhex(text.replace("\\x", ""))


def _name(text):
    return _bytes(text).decode("utf-8", "surrogateescape") if "\\x" in text else text


class DiskLog:
    """Reads a log. `roots`: folders by name; `said`: the file whose lines are marks in the order."""

    def __init__(self, log, roots, said):
        self.roots = {os.path.realpath(folder) + "/": name for name, folder in roots.items()}
        self.said, self.operations = said, []
        self.positions = {}  # of who has opened a path last: where it writes next; None: at the end
        with open(log, encoding="ascii") as file:
            for call, arguments, begun in self._calls(file):
                self._call(call, arguments, begun)

    def _calls(self, file):
        """(call, everything between its brackets and its result, operations before it began), in the order in which they returned."""
        waiting = {}
        for line in file:
            match = _LINE.match(line)
            if not match:
                continue  # an exit
            pid, resumed, call, rest = match.groups()
            if rest.rstrip().endswith("<unfinished ...>"):
                waiting[pid] = (rest.rstrip()[:-len("<unfinished ...>")], len(self.operations))
                continue
            begun = len(self.operations)
            if resumed:
                head, begun = waiting.pop(pid)
                call, rest = resumed, head + rest
            yield call, rest, begun

    def _below(self, path):
        for folder, name in self.roots.items():
            if path.startswith(folder):
                return name, path[len(folder):]
            if path + "/" == folder:
                return name, ""
        return None

    def _paths(self, arguments):
        """The paths that a call names."""
        found, folder = [], ""
        for match in re.finditer("%s|%s" % (_FD.pattern, _STRING.pattern), arguments):
            if match.group(1) is not None:
                folder = _name(match.group(1))
            elif match.group(2) is not None:
                found.append(os.path.normpath(os.path.join(folder, _name(match.group(2)))))
        return found

    def _add(self, kind, where, data=None, offset=0, begun=None):
        self.operations.append(Operation(kind, where[0], where[1], data, offset, len(self.operations) if begun is None else begun))

    def _call(self, call, arguments, begun):
        match = _RESULT.search(arguments)
        result = match.group(1) if match else "?"
        if result == "?" or int(result) < 0:
            return
        result, inside = int(result), arguments[:match.start()]
        if call in ("open", "openat", "creat", "rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir",
                    "truncate", "symlink", "symlinkat"):
            self._by_name(call, inside)
        elif call in ("sync", "syncfs", "io_uring_setup"):
            raise Failure("disk_log: %s is not understood" % call)
        else:
            fd = _FD.search(inside)
            if fd:
                self._by_file(call, inside, _name(fd.group(1)), result, begun)

    def _by_name(self, call, inside):
        paths = self._paths(inside)
        where = [self._below(path) for path in paths]
        if not any(where):
            return
        if call in ("open", "openat", "creat"):
            self._open(where[0], paths[0], inside if call != "creat" else "O_CREAT|O_TRUNC|O_WRONLY")
        elif call.startswith(("rename", "link")):
            if not all(where) or where[0][0] != where[1][0]:
                raise Failure("disk_log: %s out of the folder" % paths)
            if "RENAME_EXCHANGE" in inside:
                raise Failure("disk_log: RENAME_EXCHANGE is not understood")
            if call.startswith("rename") and paths[0] in self.positions:
                self.positions[paths[1]] = self.positions.pop(paths[0])
            self._add("rename" if call.startswith("rename") else "link", where[0], where[1][1])
        elif call in ("unlink", "unlinkat", "rmdir"):
            self._add("unlink", where[0])
        elif call in ("mkdir", "mkdirat"):
            if where[0][1]:
                self._add("mkdir", where[0])
        elif call == "truncate":
            self._add("size", where[0], int(inside.rsplit(",", 1)[1]))
        else:
            raise Failure("disk_log: %s is not understood" % call)

    def _open(self, where, path, flags):
        flags = _STRING.sub("", flags)
        if "O_TMPFILE" in flags or "O_DIRECT|" in flags:
            raise Failure("disk_log: %s is not understood" % flags)
        if "O_CREAT" in flags or "O_TRUNC" in flags:
            self._add("open", where, "O_TRUNC" in flags and ("O_WRONLY" in flags or "O_RDWR" in flags))
        self.positions[path] = None if "O_APPEND" in flags else 0

    def _by_file(self, call, inside, path, result, begun):
        if path == self.said and call == "write":
            self._add("said", ("", ""), b"".join(_bytes(m.group(1)) for m in _STRING.finditer(inside)))
            return
        where = self._below(path)
        if not where:
            return
        if call in ("fsync", "fdatasync"):
            self._add("sync", where, begun=begun)
        elif call == "lseek":
            self.positions[path] = result if self.positions.get(path) is not None else None
        elif call in ("ftruncate", "fallocate"):
            numbers = [int(n) for n in inside[_FD.search(inside).end():].replace(",", " ").split() if n.isdigit()]
            if call == "fallocate" and numbers[0] != 0:
                raise Failure("disk_log: fallocate with a mode is not understood")
            self._add("size" if call == "ftruncate" else "room", where, numbers[-1] if call == "ftruncate" else numbers[1] + numbers[2])
        elif call in ("write", "pwrite64", "writev", "pwritev"):
            self._write(call, inside, path, where, result)
        else:
            raise Failure("disk_log: %s of %s is not understood" % (call, path))

    def _write(self, call, inside, path, where, result):
        rest = inside[_FD.search(inside).end():]
        data = b"".join(_bytes(m.group(1)) for m in _STRING.finditer(rest))[:result]
        if len(data) != result:
            raise Failure("disk_log: the log has %d bytes of %d written to %s" % (len(data), result, path))
        if call.startswith("pwrite"):
            offset = int(rest.rsplit(",", 1)[1])
        else:
            offset = self.positions.get(path, 0)  # None: at its end
            if offset is not None:
                self.positions[path] = offset + result
        self._add("write", where, data, offset)
