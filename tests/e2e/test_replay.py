"""What the second origin of a publish gets, to the byte; origins of our own."""

import random

import pytest

from lib.encoder import AAC_HEADER, HEADS, Encoder, frame, heads_and_pictures
from lib.rtmp_client import open_publisher
from lib.rtmp_wire import AUDIO, VIDEO
from lib.wait import until


@pytest.mark.parametrize("how", ["reset", "close"])
def test_second_origin_gets_heads_and_all_since_the_key_frame(two, how):
    proxy, (first, second) = two()
    with open_publisher(proxy.rtmp_port, "cam") as client:
        encoder = Encoder(client)
        encoder.heads()
        encoder.pictures("KPPP")
        kept = encoder.pictures("KPP")
        peer = first.publisher("cam")
        heads_and_pictures(peer, 7)
        if how == "reset":
            first.die()
        else:
            peer.end("close")
        kept += encoder.pictures("PP")
        peer = second.publisher("cam")
        kept += encoder.pictures("PKP")
        heads, pictures = heads_and_pictures(peer, len(kept))
        assert heads == HEADS
        assert pictures == kept
        assert proxy.resumes() == (1, 1)
        assert len(proxy.sessions()) == 1


@pytest.mark.parametrize("chunk_size", [128, 65_536])
def test_message_that_is_half_sent_when_the_origin_dies_arrives_whole(two, chunk_size):
    proxy, (first, second) = two()
    with open_publisher(proxy.rtmp_port, "cam") as client:
        client.announce_chunk_size(chunk_size)
        encoder = Encoder(client)
        encoder.heads()
        kept = encoder.pictures("KP", size=50_000)
        heads_and_pictures(first.publisher("cam"), 2)
        half = (80, frame(2, size=30_000))
        encoder.sent.append(half)
        raw = client.encode(VIDEO, half[1], client.stream_id, half[0], 6, chunk_size)
        client.send(raw[:11_111])
        first.die()
        peer = second.publisher("cam")
        client.send(raw[11_111:])
        kept += [half, *encoder.pictures("PKP")]
        _, pictures = heads_and_pictures(peer, len(kept))
        assert pictures == kept


def test_more_than_the_memory_allows_is_not_kept(two):
    """Then the stream goes on with the next key frame."""
    proxy, (first, second) = two(resume_memory="128KiB")
    with open_publisher(proxy.rtmp_port, "cam") as client:
        encoder = Encoder(client)
        encoder.heads()
        encoder.pictures("KPPPPPPP", size=30_000)
        heads_and_pictures(first.publisher("cam"), 8)
        first.die()
        peer = second.publisher("cam")
        encoder.pictures("PP")
        kept = encoder.pictures("KPP")
        heads, pictures = heads_and_pictures(peer, 3)
        assert heads == HEADS
        assert pictures == kept


def test_sound_without_a_picture_goes_on(two):
    proxy, (first, second) = two()
    with open_publisher(proxy.rtmp_port, "cam") as client:
        sounds = [b"\xaf\x01" + number.to_bytes(2, "big") * 50 for number in range(20)]

        def send(numbers):
            for number in numbers:
                client.write(AUDIO, sounds[number], client.stream_id, 23 * number, chunk_stream=4)
        client.write(AUDIO, AAC_HEADER, client.stream_id, 0, chunk_stream=4)
        send(range(10))
        first.publisher("cam").wait_for_media(11)
        first.die()
        peer = second.publisher("cam")
        send(range(10, 20))
        until(lambda: peer.media and peer.media[-1].payload == sounds[-1], "the last one arrives")
        got = [message.payload for message in peer.media]
        assert got[0] == AAC_HEADER
        assert got[-10:] == sounds[10:]


def test_two_deaths_are_two_resumes(two):
    proxy, (first, second) = two()
    with open_publisher(proxy.rtmp_port, "cam") as client:
        encoder = Encoder(client)
        encoder.heads()
        encoder.pictures("KP")
        heads_and_pictures(first.publisher("cam"), 2)
        first.die()
        heads_and_pictures(second.publisher("cam"), 2)
        first.start()
        second.die()
        encoder.pictures("PP")
        heads, pictures = heads_and_pictures(first.publisher("cam"), 4)
        assert heads == HEADS
        assert pictures == encoder.sent
        assert proxy.resumes() == (2, 2)
        assert len(proxy.sessions()) == 1


@pytest.mark.parametrize("seed", range(2))
def test_whatever_is_sent_arrives_over_many_deaths(two, seed):
    """Messages of all sizes in chunks of all sizes; origins die between messages and within."""
    chance = random.Random(seed)
    proxy, origins = two(resume_attempts=1000, resume_timeout="60s")
    with open_publisher(proxy.rtmp_port, "cam", timeout=20) as client:
        client.announce_chunk_size(chance.choice([128, 999, 4096, 60_000]))
        encoder = Encoder(client)
        encoder.heads()
        home = origins[0]
        for _ in range(4):
            for kind in "K" + "".join(chance.choices("PPPK", k=chance.randrange(12))):
                encoder.pictures(kind, size=chance.randrange(4, 40_000))
            peer = home.publisher("cam")
            kept = encoder.since_key_frame()
            until(lambda peer=peer: peer.media and peer.media[-1].payload == encoder.sent[-1][1],
                  "all has arrived")

            message = (40 * len(encoder.sent), frame(len(encoder.sent), size=30_000))
            raw = client.encode(VIDEO, message[1], client.stream_id, message[0], 6,
                                client.write_chunk_size)
            cut = chance.choice([0, 5, 12, 13, chance.randrange(len(raw)), len(raw)])
            client.send(raw[:cut])
            home.die()
            home = origins[1 - origins.index(home)]
            home.start()
            if chance.random() < 0.5:
                home.publisher("cam")  # else the rest comes while nobody takes it
            client.send(raw[cut:])
            encoder.sent.append(message)
            heads, pictures = heads_and_pictures(home.publisher("cam"), len(kept) + 1)
            assert heads == HEADS
            assert pictures == [*kept, message]
        assert proxy.resumes() == (4, 4)
        assert len(proxy.sessions()) == 1
