"""ffmpeg, ffprobe and rtmpdump as publishers and players, and what they saw."""

import json
import os
import re
import signal
import subprocess

from .child import Child
from .wait import until

_QUIET = ["ffmpeg", "-hide_banner", "-nostdin", "-loglevel", "warning"]


def make_clip(path, seconds=4, size=(160, 120), color=None, rate=15, audio=True):
    """An FLV of H.264 and AAC: a moving test picture, or one plain colour (0xRRGGBB)."""
    width, height = size
    picture = (f"color=c={color}:size={width}x{height}:rate={rate}" if color else
               f"testsrc=size={width}x{height}:rate={rate}")
    command = [*_QUIET, "-y", "-f", "lavfi", "-i", picture]
    if audio:
        command += ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100"]
    command += ["-t", str(seconds), "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt",
                "yuv420p", "-g", str(rate), "-bf", "0", "-threads", "1"]
    if audio:
        command += ["-c:a", "aac", "-b:a", "32k"]
    subprocess.run([*command, "-f", "flv", str(path)], check=True)
    return str(path)


class Publisher:
    """ffmpeg sends a clip in real time, again and again unless `loop` is off."""

    def __init__(self, clip, url, folder, name="publisher", loop=True):
        repeat = ["-stream_loop", "-1"] if loop else []
        self.child = Child([*_QUIET, "-re", *repeat, "-i", clip, "-c", "copy", "-f", "flv", url],
                           os.path.join(str(folder), f"{name}.log"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def alive(self):
        return self.child.alive()

    def output(self):
        return self.child.output()

    def stop(self):
        self.child.stop(signal.SIGTERM)


class PacketRecorder:
    """ffmpeg plays a URL and writes one line with the MD5 of each packet, as it comes: a file for
    each kind, since in a common one it would hold the sound back until there is a picture."""

    def __init__(self, url, folder, name):
        self._paths = {letter: os.path.join(str(folder), f"{name}.{letter}.framemd5")
                       for letter in "va"}
        outputs = []
        for letter, path in self._paths.items():
            outputs += ["-map", f"0:{letter}", "-c", "copy", "-flush_packets", "1",
                        "-f", "framemd5", path]
        self.child = Child([*_QUIET, "-y", "-analyzeduration", "1M", "-i", url, *outputs],
                           os.path.join(str(folder), f"{name}.log"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def packets(self):
        return [packet for path in self._paths.values() for packet in read_framemd5(path)]

    def wait_for(self, count, timeout=30):
        until(lambda: len(self.packets()) >= count,
              lambda: f"{count} packets ({len(self.packets())} came):\n{self.child.output()}",
              timeout)

    def stop(self):
        self.child.kill()  # a signal does not end its waiting for the next packet


def read_framemd5(path):
    """[(kind, dts, pts, size, md5)], kind being `video` or `audio`; whole lines only."""
    if not os.path.exists(path):
        return []
    with open(path) as file:
        text = file.read()
    kinds = dict(re.findall(r"^#media_type (\d+): (\w+)$", text, re.MULTILINE))
    packets = []
    for line in text[:text.rfind("\n") + 1].splitlines():
        if line and not line.startswith("#"):
            stream, dts, pts, _, size, digest = [part.strip() for part in line.split(",")[:6]]
            packets.append((kinds[stream], int(dts), int(pts), int(size), digest))
    return packets


def file_packets(clip, folder):
    """What PacketRecorder would see of the clip itself."""
    path = os.path.join(str(folder), os.path.basename(clip) + ".framemd5")
    subprocess.run([*_QUIET, "-y", "-i", clip, "-map", "0", "-c", "copy", "-f", "framemd5", path],
                   check=True)
    return read_framemd5(path)


def of_kind(packets, kind):
    """(pts relative to the first, size, md5) of one kind's packets."""
    chosen = [packet for packet in packets if packet[0] == kind]
    return [(pts - chosen[0][2], size, digest) for _, _, pts, size, digest in chosen]


def probe(url, timeout=20):
    """{codec_type: stream} as ffprobe sees it; fails with its message."""
    done = subprocess.run(
        ["ffprobe", "-hide_banner", "-loglevel", "error", "-analyzeduration", "1M", "-show_streams",
         "-of", "json", url], capture_output=True, text=True, timeout=timeout, check=False)
    assert done.returncode == 0, f"ffprobe {url}: {done.stderr}"
    return {stream["codec_type"]: stream for stream in json.loads(done.stdout)["streams"]}


def first_picture(url, timeout=20):
    """((width, height), (red, green, blue) on average) of the first picture of a stream."""
    done = subprocess.run([*_QUIET, "-analyzeduration", "1M", "-i", url, "-map", "0:v",
                           "-frames:v", "1", "-f", "image2pipe", "-c:v", "ppm", "-"],
                          capture_output=True, timeout=timeout, check=False)
    assert done.returncode == 0 and done.stdout, f"ffmpeg {url}: {done.stderr.decode()}"
    _, size, _, data = done.stdout.split(b"\n", 3)
    width, height = map(int, size.split())
    return (width, height), tuple(sum(data[channel::3]) / (width * height) for channel in range(3))


def ffmpeg_error(arguments, timeout=20):
    """(exit code, stderr) of an ffmpeg that is expected to fail."""
    done = subprocess.run([*_QUIET, *arguments], capture_output=True, text=True, timeout=timeout,
                          check=False)
    return done.returncode, done.stderr


class RtmpDump:
    """Debian's rtmpdump (librtmp) plays a URL into a file."""

    def __init__(self, url, folder, name="rtmpdump", seconds=None):
        self.path = os.path.join(str(folder), f"{name}.flv")
        stop = ["--stop", str(seconds)] if seconds else []
        self.child = Child(["rtmpdump", "--live", "-V", "-r", url, "-o", self.path, *stop],
                           os.path.join(str(folder), f"{name}.log"))

    def size(self):
        return os.path.getsize(self.path) if os.path.exists(self.path) else 0

    def wait_for_bytes(self, count, timeout=20):
        until(lambda: self.size() >= count,
              lambda: f"{count} bytes ({self.size()} came):\n{self.child.output()[-3000:]}", timeout)

    def stop(self):
        self.child.stop(signal.SIGINT)


class Packet:
    """One packet of a file, as ffprobe lists it."""

    def __init__(self, entry):
        self.kind = entry["codec_type"]
        self.dts_ms = round(1000 * float(entry["dts_time"]))
        self.is_key = entry["flags"].startswith("K")


def packets_of(path):
    """All packets of a file, in its order."""
    done = subprocess.run(["ffprobe", "-hide_banner", "-loglevel", "error", "-show_packets",
                           "-of", "json", path], capture_output=True, text=True, timeout=20,
                          check=False)
    return [Packet(entry) for entry in json.loads(done.stdout or "{}").get("packets", [])]


def decode_errors(path):
    """What ffmpeg has to say about a file when it decodes all of it; nothing is good."""
    done = subprocess.run([*_QUIET, "-i", path, "-f", "null", "-"], capture_output=True, text=True,
                          timeout=20, check=False)
    return done.stderr
