# A FUSE file system as a neighbor would serve it for all: `fuse.py FOLDER MOUNTPOINT UID`. It shows FOLDER, and says to whoever
# looks that all is theirs, and closed to others. With `-` for FOLDER it answers nothing at all; with `no-open` behind UID it shows
# all, as that user's, and opens no file; with `one-open` it answers nothing any more once a file is open, for
# 90 seconds.
import ctypes, os, signal, struct, sys

folder, point, uid = sys.argv[1], sys.argv[2], int(sys.argv[3])
holds = sys.argv[4:] == ["no-open"]
once = sys.argv[4:] == ["one-open"]
is_open = False
if once:
    signal.alarm(90)
fd = os.open("/dev/fuse", os.O_RDWR)
libc = ctypes.CDLL(None, use_errno=True)
options = f"fd={fd},rootmode=40000,user_id={uid},group_id={uid},allow_other"
if libc.mount(b"theirs,user_id=0,", point.encode(), b"fuse", 6, options.encode()) != 0:
    sys.exit(os.strerror(ctypes.get_errno()))
os.setgid(uid)
os.setuid(uid)
print("mounted", flush=True)
if folder == "-":
    while True:
        os.read(fd, 1 << 17)

paths = {1: folder}
ids = {folder: 1}


def node(path):
    if path not in ids:
        ids[path] = len(ids) + 1
        paths[ids[path]] = path
    return ids[path]


def attributes(path, viewer):
    s = os.lstat(path)
    mode = s.st_mode & ~0o022
    times = (int(s.st_atime), int(s.st_mtime), int(s.st_ctime), 0, 0, 0)
    return struct.pack("<6Q10I", node(path), s.st_size, 8, *times[:3], *times[3:], mode, 1, viewer, viewer, 0, 4096, 0)


while True:
    data = os.read(fd, 1 << 17)
    length, opcode, unique, inode, viewer, group, pid, _ = struct.unpack("<IIQQIIII", data[:40])
    body = data[40:]
    viewer = uid if holds else viewer
    if is_open:
        continue

    def reply(payload=b"", error=0):
        os.write(fd, struct.pack("<IiQ", 16 + len(payload), -error, unique) + payload)

    try:
        path = paths.get(inode, "")
        if opcode == 26:
            reply(struct.pack("<IIIIHHIIHHI", 7, 23, 65536, 0, 12, 10, 65536, 1, 0, 0, 0)[:24])
        elif opcode in (2, 42):
            continue
        elif opcode == 1:
            child = path + "/" + body.split(b"\0")[0].decode()
            answer = attributes(child, viewer)
            reply(struct.pack("<QQQQII", node(child), 0, 0, 0, 0, 0) + answer)
        elif opcode == 3:
            reply(struct.pack("<QII", 0, 0, 0) + attributes(path, viewer))
        elif opcode == 5:
            reply(os.readlink(path).encode())
        elif opcode == 14 and holds:
            continue
        elif opcode in (14, 27):
            reply(struct.pack("<QII", 0, 1, 0))
            is_open = once
        elif opcode == 15:
            _, offset, size = struct.unpack("<QQI", body[:20])
            with open(path, "rb") as file:
                file.seek(offset)
                reply(file.read(size))
        elif opcode == 28:
            reply()
        elif opcode == 17:
            reply(struct.pack("<5Q10I", 9999, 9999, 9999, 9999, 9999, 4096, 255, 4096, *[0] * 7))
        elif opcode in (18, 25, 29, 34):
            reply()
        else:
            reply(error=38)
    except OSError as error:
        try:
            reply(error=error.errno or 5)
        except OSError:
            pass
