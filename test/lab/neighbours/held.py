# A process that keeps whoever reads its arguments or environment waiting: `held.py MOUNTPOINT UID [hidden]`. One thread of it reads
# a page from a file system of its own, which refuses the first time and then answers nothing; the map of its memory stays locked.
# After 90 seconds all of it ends, since whoever lists the processes of the machine waits as well. `hidden`: no debugger may see
# it, so /proc shows it as root's.
import ctypes, os, signal, struct, sys, threading, time

point, uid = sys.argv[1], int(sys.argv[2])
libc = ctypes.CDLL(None, use_errno=True)
fd = os.open("/dev/fuse", os.O_RDWR)
options = f"fd={fd},rootmode=40000,user_id={uid},group_id={uid}"
if libc.mount(b"held", point.encode(), b"fuse", 6, options.encode()) != 0:
    sys.exit(os.strerror(ctypes.get_errno()))
os.setgid(uid)
os.setuid(uid)


def attributes(node):
    mode = 0o40755 if node == 1 else 0o100644
    return struct.pack("<6Q10I", node, 1 << 20, 8, 0, 0, 0, 0, 0, 0, mode, 1, uid, uid, 0, 4096, 0)


def serve():
    reads = 0
    while True:
        data = os.read(fd, 1 << 17)
        _, opcode, unique, node = struct.unpack("<IIQQ", data[:24])

        def reply(payload=b"", error=0):
            os.write(fd, struct.pack("<IiQ", 16 + len(payload), -error, unique) + payload)

        if opcode == 26:
            reply(struct.pack("<IIIIHHIIHHI", 7, 23, 65536, 0, 12, 10, 65536, 1, 0, 0, 0)[:24])
        elif opcode == 1:
            reply(struct.pack("<QQQQII", 2, 0, 9999, 9999, 0, 0) + attributes(2))
        elif opcode == 3:
            reply(struct.pack("<QII", 9999, 0, 0) + attributes(node))
        elif opcode in (14, 27):
            reply(struct.pack("<QII", 0, 0, 0))
        elif opcode == 15:
            reads += 1
            if reads == 1:
                reply(error=5)
        elif opcode in (18, 25, 28, 29):
            reply()
        elif opcode not in (2, 42):
            reply(error=38)


if os.fork() == 0:
    signal.alarm(90)
    serve()
os.close(fd)
libc.prctl(4, 0 if sys.argv[3:] == ["hidden"] else 1)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
libc.memcmp.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]
libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
page = libc.mmap(None, 4096, 1, 1, os.open(point + "/page", os.O_RDONLY), 0)
libc.madvise(page, 4096, 1)
threading.Thread(target=lambda: libc.memcmp(page, page + 8, 1), daemon=True).start()
time.sleep(0.5)
print(f"held {os.getpid()}", flush=True)
libc.mmap(None, 4096, 3, 0x22, -1, 0)
print("the map is not locked", flush=True)
