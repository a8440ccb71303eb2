"""A disk's memory between syncs: what it is sure to hold, what it may hold after a power cut.

A folder's files are played back from Operations (disk_log.py). A write counts from the next fsync of its file; a name (made, renamed, removed)
counts from the next fsync of its folder. What is not synced yet is there after a cut or is not: files in sectors of 512 bytes, in any
choice; names in their order, so that a later one is never there without the earlier ones, as journaling file systems do it.
"""
import hashlib
import os
import shutil

SECTOR = 512
# How much of what was not synced is there: nothing; the names without the content; some of it; all of it.
CUTS = ("dropped", "names", "torn", "kept")


class _File:
    def __init__(self):
        self.data, self.size, self.live_size = bytearray(), 0, 0
        self.pending = []  # (number, kind, data, offset)

    def sync(self, before):
        while self.pending and self.pending[0][0] < before:
            self.data, self.size = _apply(self.data, self.size, *self.pending.pop(0)[1:])

    def after(self, cut, luck):
        """(bytes, size); what is between is zero."""
        if cut in ("dropped", "names") or not self.pending:
            return self.data, self.size
        data, size = bytearray(self.data), self.size
        for _, kind, what, offset in self.pending:
            if cut == "kept":
                data, size = _apply(data, size, kind, what, offset)
            elif kind != "write":
                if luck.random() < 0.5:
                    data, size = _apply(data, size, kind, what, offset)
            else:
                data, size = _tear(data, size, what, offset, luck)
        return data, size


def _apply(data, size, kind, what, offset):
    if kind == "write":
        if len(data) < offset:
            data.extend(bytes(offset - len(data)))
        data[offset:offset + len(what)] = what
        return data, max(size, offset + len(what))
    if kind == "size":
        del data[what:]
        return data, what
    return data, max(size, what)  # room


def _tear(data, size, what, offset, luck):
    """Some sectors of one write; the size may have come without them."""
    share = luck.choice((0, 0.3, 0.7, 1))
    at = 0
    while at < len(what):
        end = min(len(what), (offset + at) // SECTOR * SECTOR + SECTOR - offset)
        if luck.random() < share:
            data, size = _apply(data, size, "write", what[at:end], offset + at)
        at = end
    return data, max(size, offset + len(what)) if luck.random() < 0.3 else size


class Disk:
    """One folder, empty at first."""

    def __init__(self):
        self.nodes = [None]  # files; a folder is None
        self.live, self.sure = {0: {}}, {0: {}}  # folder -> {name: node}
        self.pending = []  # (number, [(folder, name, node or None)])
        self.number = 0

    def _folder(self, path):
        at = 0
        for name in path.split("/") if path else []:
            at = self.live[at][name]
        return at

    def _place(self, path):
        folder, _, name = path.rpartition("/")
        return self._folder(folder), name

    def _node(self, path):
        if not path:
            return 0
        folder, name = self._place(path)
        return self.live[folder].get(name)

    def _names(self, *changes):
        for folder, name, node in changes:
            _set(self.live[folder], name, node)
        self.pending.append((self.number, changes))

    def _make(self, node):
        self.nodes.append(node)
        return len(self.nodes) - 1

    def play(self, number, operation):
        """The next operation; numbers grow."""
        self.number = number
        path = operation.path
        if path.endswith("-shm"):  # no part of a database; made anew by who opens it first
            return
        getattr(self, "_play_" + operation.kind)(path, operation)

    def _play_open(self, path, operation):
        node = self._node(path)
        if node is None:
            self._names((*self._place(path), self._make(_File())))
        elif operation.data and self.nodes[node].live_size:
            self._change(node, "size", 0, 0)

    def _change(self, node, kind, what, offset):
        file = self.nodes[node]
        if offset is None:
            offset = file.live_size
        if kind == "write":
            file.live_size = max(file.live_size, offset + len(what))
        else:
            file.live_size = what if kind == "size" else max(file.live_size, what)
        file.pending.append((self.number, kind, what, offset))

    def _play_write(self, path, operation):
        node = self._node(path.removesuffix("(deleted)"))
        if node is not None:
            self._change(node, operation.kind, operation.data, operation.offset)

    _play_size = _play_room = _play_write

    def _play_sync(self, path, operation):
        node = self._node(path)
        if node is None:
            return  # a removed file
        if self.nodes[node]:
            self.nodes[node].sync(operation.begun)
        else:
            self._sync_names(node, operation.begun)

    def _sync_names(self, folder, before):
        """What was done in the folder, and what was done before to the same names elsewhere (a rename has two)."""
        sure, touched = [], set()
        for number, changes in reversed(self.pending):
            mine = number < before and any(f == folder or (f, n) in touched for f, n, _ in changes)
            if mine:
                touched.update((f, n) for f, n, _ in changes)
                sure.append((number, changes))
        self.pending = [p for p in self.pending if p not in sure]
        for _, changes in reversed(sure):
            self._apply_names(self.sure, changes)

    @staticmethod
    def _apply_names(tree, changes):
        for folder, name, node in changes:
            _set(tree.setdefault(folder, {}), name, node)

    def _play_rename(self, path, operation):
        self._names((*self._place(path), None), (*self._place(operation.data), self._node(path)))

    def _play_link(self, path, operation):
        self._names((*self._place(operation.data), self._node(path)))

    def _play_unlink(self, path, _):
        self._names((*self._place(path), None))

    def _play_mkdir(self, path, _):
        node = self._make(None)
        self.live[node] = {}
        self._names((*self._place(path), node))

    def after(self, cut, luck):
        """{path: (bytes, size), or None for a folder} after a power cut now."""
        tree = {folder: dict(names) for folder, names in self.sure.items()}
        count = {"dropped": 0, "torn": luck.randint(0, len(self.pending)) if luck else 0}.get(cut, len(self.pending))
        for _, changes in self.pending[:count]:
            self._apply_names(tree, changes)
        found, seen = {}, {}

        def walk(folder, path):
            for name, node in sorted(tree.get(folder, {}).items()):
                if self.nodes[node]:
                    if node not in seen:
                        seen[node] = self.nodes[node].after(cut, luck)
                    found[path + name] = seen[node]
                else:
                    found[path + name] = None
                    walk(node, path + name + "/")

        walk(0, "")
        return found


def _set(names, name, node):
    if node is None:
        names.pop(name, None)
    else:
        names[name] = node


def write_files(files, folder):
    """Puts what Disk.after gave into a folder that holds nothing else afterwards."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for path, content in files.items():
        if content is None:
            os.mkdir(os.path.join(folder, path))
            continue
        with open(os.path.join(folder, path), "wb") as file:
            file.write(content[0])
            file.truncate(content[1])


def digest_of(files):
    digest = hashlib.sha256()
    for path, content in sorted(files.items()):
        digest.update(repr((path, content and content[1])).encode())
        if content:
            digest.update(hashlib.sha256(content[0]).digest())
    return digest.hexdigest()


def read_files(folder):
    """A folder as Disk.after describes it."""
    found = {}
    for at, folders, names in os.walk(folder):
        for name in folders + names:
            path = os.path.join(at, name)
            if name.endswith("-shm") or not (os.path.isdir(path) or os.path.isfile(path)):
                continue
            key = os.path.relpath(path, folder)
            if os.path.isdir(path):
                found[key] = None
            else:
                with open(path, "rb") as file:
                    data = file.read()
                found[key] = (data, len(data))
    return found


def different(found, wanted):
    """The paths on which two descriptions differ."""
    differ = set(found) ^ set(wanted)
    for path in set(found) & set(wanted):
        a, b = found[path], wanted[path]
        if (a is None) != (b is None) or (a and (a[1] != b[1] or bytes(a[0]).rstrip(b"\0") != bytes(b[0]).rstrip(b"\0"))):
            differ.add(path)
    return sorted(differ)
