"""An encoder that knows what it has sent, to compare it with what origins got of it."""

from . import amf0
from .rtmp_client import AVC_HEADER
from .rtmp_wire import AUDIO, DATA, VIDEO
from .wait import until

METADATA = amf0.encode("@setDataFrame", "onMetaData", {"width": 160.0, "height": 120.0})
AAC_HEADER = bytes.fromhex("af001210")

#: What comes before the first picture, the sequence headers sorted: their order is free.
HEADS = [(DATA, METADATA), (AUDIO, AAC_HEADER), (VIDEO, AVC_HEADER)]


def frame(number, key=False, size=200):
    """A picture that can be told from all others."""
    head = b"\x17\x01\0\0\0" if key else b"\x27\x01\0\0\0"
    return head + number.to_bytes(4, "big") * (size // 4)


class Encoder:
    """Sends pictures 40 ms apart, and knows what it has sent."""

    def __init__(self, client):
        self.client = client
        self.sent = []

    def heads(self):
        self.client.write(DATA, METADATA, self.client.stream_id)
        self.client.send_video(0, AVC_HEADER)
        self.client.write(AUDIO, AAC_HEADER, self.client.stream_id, 0, chunk_stream=4)

    def pictures(self, kinds, size=200):
        """`K` for a key frame, `P` for another. What was sent, as (timestamp, payload)."""
        begin = len(self.sent)
        for kind in kinds:
            number = len(self.sent)
            self.sent.append((40 * number, frame(number, kind == "K", size)))
            self.client.send_video(*self.sent[-1])
        return self.sent[begin:]

    def since_key_frame(self):
        """What was sent since the last key frame, which comes first."""
        last = max(index for index, (_, payload) in enumerate(self.sent) if payload[0] == 0x17)
        return self.sent[last:]


def heads_and_pictures(peer, count):
    """What a FakeOrigin's peer got: the first three messages as in HEADS, and (timestamp, payload)
    of the pictures, when there are `count`."""
    def look():
        found = list(peer.media)
        pictures = [message for message in found if message.kind == VIDEO
                    and not message.is_header()]
        return (found, pictures) if len(pictures) >= count else None
    found, pictures = until(look, lambda: f"{count} pictures in {peer.media}")
    heads = [(message.kind, message.payload) for message in found[:3]]
    return heads[:1] + sorted(heads[1:]), \
        [(message.timestamp, message.payload) for message in pictures]
