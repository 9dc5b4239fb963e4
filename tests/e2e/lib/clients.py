"""Publishers and players of every family. A player decodes what it plays into a file of raw
pictures, so that they can be counted, and looked at, while it runs.

librtmp publishes through GStreamer's rtmpsink and plays through rtmpdump and rtmpsrc; rtmp2sink and
rtmp2src are GStreamer's own.
"""

import hashlib
import os
import signal

from .child import Child
from .media import Publisher
from .wait import until

#: Of the session's clip, and of what the GStreamer publishers show.
SIZE = (160, 120)
_PICTURE_BYTES = SIZE[0] * SIZE[1] * 3 // 2  # I420

_FFMPEG = ["ffmpeg", "-hide_banner", "-nostdin", "-loglevel", "warning", "-y"]


class GstPublisher:
    """A moving test picture with sound, encoded while it is sent."""

    def __init__(self, sink, url, folder, name):
        pipeline = (
            f"videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width={SIZE[0]},"
            f"height={SIZE[1]},framerate=15/1 ! x264enc tune=zerolatency speed-preset=ultrafast "
            f"key-int-max=15 threads=1 ! flvmux name=mux streamable=true ! {sink} location={url} "
            f"audiotestsrc is-live=true ! audio/x-raw,rate=44100,channels=1 ! "
            f"voaacenc bitrate=32000 ! mux.")
        self.child = Child(["gst-launch-1.0", "-q", *pipeline.split()],
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
        self.child.stop(signal.SIGINT)


PUBLISHERS = {
    "ffmpeg": Publisher,
    "librtmp": lambda clip, url, folder, name: GstPublisher("rtmpsink", url, folder, name),
    "rtmp2sink": lambda clip, url, folder, name: GstPublisher("rtmp2sink", url, folder, name),
}


class Player:
    """What all players have in common; subclasses start self.child, which writes self.path."""

    def __init__(self, folder, name):
        self.path = os.path.join(str(folder), f"{name}.i420")
        self.log = os.path.join(str(folder), f"{name}.log")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def pictures(self):
        """How many were decoded so far."""
        return os.path.getsize(self.path) // _PICTURE_BYTES if os.path.exists(self.path) else 0

    def wait_for_pictures(self, count, timeout=15):
        until(lambda: self.pictures() >= count,
              lambda: f"{count} pictures ({self.pictures()} came):\n{self.child.output()[-3000:]}",
              timeout)

    def wait_for_more(self, count, timeout=15):
        """Until that many have come since now."""
        self.wait_for_pictures(self.pictures() + count, timeout)

    def different_pictures(self):
        """How many different ones there are among those decoded so far."""
        with open(self.path, "rb") as file:
            return len({hashlib.md5(file.read(_PICTURE_BYTES)).digest()
                        for _ in range(self.pictures())})

    def assert_moves(self):
        """Pictures come, and are not all the same."""
        self.wait_for_pictures(12)
        assert self.different_pictures() > 6

    def alive(self):
        return self.child.alive()

    def stop(self):
        self.child.kill()  # a signal does not end its waiting for the next packet


class FfmpegPlayer(Player):
    def __init__(self, url, folder, name="ffmpeg", options=()):
        super().__init__(folder, name)
        self.child = Child([*_FFMPEG, "-analyzeduration", "1M", "-threads", "1", *options,
                            "-i", url, "-map", "0:v", "-fps_mode", "passthrough",
                            "-f", "rawvideo", "-pix_fmt", "yuv420p", "-flush_packets", "1",
                            self.path], self.log)


class GstPlayer(Player):
    def __init__(self, source, url, folder, name):
        super().__init__(folder, name)
        location = f"{url} live=1" if source == "rtmpsrc" else url
        pipeline = (
            f"flvdemux name=demux demux.video ! queue ! h264parse ! avdec_h264 max-threads=1 ! "
            f"video/x-raw,format=I420 ! filesink async=false buffer-mode=unbuffered "
            f"location={self.path} demux.audio ! queue ! fakesink async=false sync=false")
        self.child = Child(["gst-launch-1.0", "-q", source, f"location={location}", "!",
                            *pipeline.split()], self.log)


class RtmpDumpPlayer(Player):
    """rtmpdump plays, ffmpeg decodes what it hands on through a pipe."""

    def __init__(self, url, folder, name="rtmpdump"):
        super().__init__(folder, name)
        pipe = self.path + ".flv"
        os.mkfifo(pipe)
        self.child = Child(["rtmpdump", "--live", "-q", "-r", url, "-o", pipe], self.log)
        self._decoder = FfmpegPlayer(pipe, folder, name)

    def stop(self):
        self.child.kill()
        self._decoder.stop()


PLAYERS = {
    "ffmpeg": FfmpegPlayer,
    "rtmpdump": RtmpDumpPlayer,
    "rtmpsrc": lambda url, folder, name: GstPlayer("rtmpsrc", url, folder, name),
    "rtmp2src": lambda url, folder, name: GstPlayer("rtmp2src", url, folder, name),
}
