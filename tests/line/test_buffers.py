"""Sound that came unevenly, given out evenly."""

from __future__ import annotations

import asyncio

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from voice.audio import dbfs
from voice.channels.buffers import JitterBuffer, StreamBuffer
from voice.channels.clock import FrameClock, Lateness

RATE, SIZE = 8_000, 160


def tone(seconds: float, hz: float = 150.0) -> np.ndarray:
    return (8_000 * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE)) / RATE)).astype(np.int16)


def packets(sound: np.ndarray, size: int = SIZE, first: int = 1_000) -> list[tuple[int, np.ndarray]]:
    return [((first + at) % 2**32, sound[at : at + size]) for at in range(0, len(sound), size)]


def played(buffer: JitterBuffer, arrivals: list[list[tuple[int, np.ndarray]]]) -> np.ndarray:
    """Packets that arrive in each 20 ms, then what is given out in them."""
    out = []
    for arrived in arrivals:
        for timestamp, pcm in arrived:
            buffer.push(timestamp, pcm)
        out.append(buffer.pull())
    return np.concatenate(out)


def held(out: np.ndarray, sound: np.ndarray) -> int:
    """Where in `out` the whole `sound` stands, sample for sample."""
    windows = np.lib.stride_tricks.sliding_window_view(out, len(sound))
    found = np.flatnonzero((windows == sound).all(axis=1))
    assert len(found), "the sound isn't in what was given out"
    return int(found[0])


class TestJitterBuffer:
    def test_packets_in_order_come_out_whole_40_ms_later(self):
        sound = tone(1.0)
        out = played(JitterBuffer(RATE), [[each] for each in packets(sound)] + [[]] * 3)
        assert held(out, sound) == 2 * SIZE

    def test_order_within_the_delay_does_not_matter(self):
        sound, buffer = tone(1.0), JitterBuffer(RATE)
        sent = packets(sound)
        sent[10], sent[11] = sent[11], sent[10]
        out = played(buffer, [[each] for each in sent] + [[]] * 3)
        held(out, sound)
        assert buffer.lost == 0

    def test_packets_of_any_length_make_frames(self):
        for size in (80, 240, 320):
            sound = tone(1.2)
            due = [[] for _ in range(65)]
            for number, packet in enumerate(packets(sound, size)):
                due[number * size // SIZE].append(packet)
            held(played(JitterBuffer(RATE), due), sound)

    def test_the_timestamp_may_wrap(self):
        sound, buffer = tone(1.0), JitterBuffer(RATE)
        held(played(buffer, [[each] for each in packets(sound, first=2**32 - 3_000)] + [[]] * 3), sound)
        assert buffer.lost == 0

    def test_a_lost_packet_is_filled_with_the_voice_that_was_there(self):
        sound, buffer = tone(1.0), JitterBuffer(RATE)
        sent = [[each] for each in packets(sound)]
        sent[20] = []
        out = played(buffer, sent + [[]] * 3)
        gap = out[22 * SIZE : 23 * SIZE]
        assert buffer.lost == 1
        assert abs(dbfs(gap) - dbfs(sound)) < 3

    def test_a_two_second_hole_fades_to_silence_and_the_sound_goes_on(self):
        sound, buffer = tone(4.0), JitterBuffer(RATE)
        sent = [[each] for each in packets(sound)]
        sent[50:150] = [[]] * 100
        out = played(buffer, sent + [[]] * 3)
        assert dbfs(out[60 * SIZE : 150 * SIZE]) == -100
        held(out, sound[151 * SIZE :])

    def test_a_sender_that_takes_up_its_old_timestamps_after_a_hole_is_heard_again(self):
        buffer = JitterBuffer(RATE)
        sent = packets(tone(3.0))
        played(buffer, [[each] for each in sent[:50]] + [[]] * 100)
        out = played(buffer, [[each] for each in sent[50:]])
        assert dbfs(out[-50 * SIZE :]) > -20

    def test_the_delay_grows_with_late_packets(self):
        sound, buffer = tone(4.0), JitterBuffer(RATE)
        due: list[list] = [[] for _ in range(220)]
        for number, packet in enumerate(packets(sound)):
            due[number + (5 if number % 7 == 3 else 0)].append(packet)
        played(buffer, due[:150])
        before = buffer.lost
        played(buffer, due[150:200])
        assert buffer.lost == before

    @settings(deadline=None, max_examples=100)
    @given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2_000)), max_size=60))
    def test_any_timestamps_give_a_frame_each_20_ms(self, arrivals):
        buffer = JitterBuffer(RATE)
        for timestamp, count in arrivals:
            buffer.push(timestamp, np.ones(count, np.int16))
            frame = buffer.pull()
            assert frame.shape == (SIZE,) and frame.dtype == np.int16


class TestStreamBuffer:
    def test_even_sound_comes_out_whole(self):
        sound, buffer, out = tone(1.0), StreamBuffer(RATE), []
        for _, pcm in packets(sound):
            buffer.push(pcm)
            out.append(buffer.pull())
        held(np.concatenate([*out, buffer.pull(), buffer.pull()]), sound)
        assert buffer.lost == 0

    def test_a_burst_after_a_hole_is_heard_and_its_pauses_are_left_out(self):
        buffer, out = StreamBuffer(RATE), []
        for _ in range(10):
            buffer.push(tone(0.02))
            out.append(buffer.pull())
        out += [buffer.pull() for _ in range(100)]
        speech = tone(0.5, 170)
        buffer.push(np.concatenate([speech, np.zeros(RATE, np.int16)]))
        out += [buffer.pull() for _ in range(60)]
        held(np.concatenate(out), speech[SIZE:])
        assert len(buffer._sound) <= 0.12 * RATE

    def test_no_more_than_three_seconds_are_kept(self):
        buffer = StreamBuffer(RATE)
        for _ in range(100):
            buffer.push(tone(1.0))
        assert len(buffer._sound) == 3 * RATE
        assert buffer.lost == 97 * 50


class TestClock:
    def test_each_call_is_woken_every_20_ms_of_the_clock(self):
        async def run() -> tuple[list[int], int]:
            clock, woken = FrameClock(), [0] * 30
            slots = [clock.join() for _ in woken]

            async def call(number: int) -> None:
                for _ in range(10):
                    await clock.tick(slots[number])
                    woken[number] += 1
                clock.leave(slots[number])

            await asyncio.wait_for(asyncio.gather(*(call(number) for number in range(30))), 10)
            return woken, len(set(slots))

        woken, slots = asyncio.run(run())
        assert woken == [10] * 30
        assert slots == 10

    def test_lateness_is_read_from_counts(self):
        late = Lateness()
        for tenth in range(100):
            late.add(tenth / 1_000)
        assert late.frames == 100
        assert abs(late.percentile(0.95) - 0.095) < 0.0012
        assert late.most == 0.099
