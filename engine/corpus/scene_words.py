"""Words of what surrounds a sound: spaces, distance, motion, trend, recording colour, level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """Ways to say one thing: ``phrases`` after a sound, ``adjectives`` before it, ``tags`` in a list."""

    phrases: tuple[str, ...]
    tags: tuple[str, ...]
    adjectives: tuple[str, ...] = ()


SPACES: Mapping[str, Words] = {
    "booth": Words(("in a small booth", "in a vocal booth", "in a tiny booth"), ("booth", "small booth", "in a booth")),
    "car": Words(("inside a car", "in a car", "heard inside a parked car"), ("in a car", "car interior", "inside car")),
    "small_room": Words(
        ("in a room", "in a small room", "indoors", "in a bedroom", "in an office", "in a living room"),
        ("small room", "indoors", "room", "bedroom", "office"),
    ),
    "bathroom": Words(
        ("in a bathroom", "in a tiled bathroom", "in a stairwell", "in a tiled room"),
        ("bathroom", "tiled room", "stairwell", "echoey bathroom"),
        ("echoey",),
    ),
    "large_room": Words(
        ("in a big room", "in a large room", "in a warehouse", "in a gym", "in a large empty room"),
        ("big room", "large room", "warehouse", "gym", "empty room"),
    ),
    "hall": Words(
        ("in a large hall", "in a hall", "in a concert hall", "in a big empty hall", "with hall reverb"),
        ("hall", "large hall", "concert hall", "reverberant", "hall reverb"),
        ("reverberant", "echoing"),
    ),
    "church": Words(
        ("in a church", "in a cathedral", "in a huge church", "with long cathedral reverb"),
        ("church", "cathedral", "huge reverb", "church reverb"),
        ("reverberant", "echoing"),
    ),
    "cave": Words(
        ("in a cave", "in a cavern", "deep in a cave", "underground", "in a huge cave"),
        ("cave", "cavern", "underground", "cave reverb"),
        ("echoing",),
    ),
    "tunnel": Words(
        ("in a tunnel", "in a long tunnel", "in a sewer", "in a pipe", "in an underpass"),
        ("tunnel", "pipe", "sewer", "tunnel echo"),
        ("echoing",),
    ),
    "outdoors_near": Words(("outside", "outdoors", "in the open", "in the open air"), ("outside", "outdoors", "open air", "exterior")),
    "outdoors_far": Words(
        ("far away outside", "across the valley", "across the fields", "in the distance outdoors"),
        ("far away outside", "across the valley", "distant outdoors"),
        ("distant",),
    ),
}
# Where "far away" has been said already.
OUTDOORS = Words(("outdoors", "outside", "in the open"), ("outdoors", "outside"))
DRY = Words(("with no reverb", "without reverb", "with no echo"), ("dry", "no reverb", "close and dry", "studio"), ("dry",))
# For sounds that may be dry or wet themselves.
NO_REVERB = Words(DRY.phrases, ("no reverb", "no echo", "studio"))
CLEAN = Words(
    ("with no background noise", "without background noise", "with nothing behind it"), ("isolated", "no background noise"), ("isolated",)
)
INDOORS: frozenset[str] = frozenset(("booth", "car", "small_room", "bathroom", "large_room", "hall", "church", "cave", "tunnel"))
# Spaces whose tail covers how long a sound rings by itself.
REVERBERANT: frozenset[str] = frozenset(("large_room", "hall", "church", "cave", "tunnel", "bathroom"))

# Step -> words; 1 is unmarked.
DISTANCES: Mapping[int, Words] = {
    0: Words(
        ("up close", "very close", "close to the microphone", "right next to you", "in your ear"),
        ("close", "close-up", "very close"),
        ("close",),
    ),
    2: Words(("at some distance", "across the street", "some way off"), ("at some distance", "across the street")),
    3: Words(
        ("far away", "in the distance", "far off"), ("distant", "far away", "in the distance", "far"), ("distant", "far-off", "faraway")
    ),
    4: Words(
        ("very far away", "barely audible in the distance", "far, far away", "in the far distance"),
        ("very distant", "very far away", "far in the distance"),
        ("very distant",),
    ),
}
RESERVED_DISTANCE = "remote"
FAR = 3

MOTIONS: Mapping[str, Words] = {
    "approaching": Words(
        ("approaching", "coming closer", "getting nearer", "getting closer"), ("approaching", "coming closer"), ("approaching",)
    ),
    "passing": Words(("passing by", "going past", "going by"), ("passing by", "pass-by", "going past"), ("passing",)),
    "receding": Words(
        ("moving away", "receding", "getting farther away", "fading into the distance"), ("moving away", "receding"), ("receding",)
    ),
}
TRENDS: Mapping[str, Words] = {
    "fade_in": Words(("fading in", "getting louder", "building up", "swelling"), ("fade in", "getting louder", "building")),
    "fade_out": Words(("fading out", "dying away", "getting quieter"), ("fade out", "fading out", "dying away")),
    "stops": Words(("stopping abruptly", "cutting off suddenly", "coming to a sudden stop"), ("stops abruptly", "cuts off", "sudden stop")),
    "starts": Words(("starting suddenly", "beginning abruptly"), ("starts suddenly", "sudden start")),
}
COLOURS: Mapping[str, Words] = {
    "telephone": Words(
        ("over the phone", "over the telephone", "heard through a telephone", "in phone call quality"),
        ("telephone", "over the phone", "phone call quality"),
    ),
    "radio": Words(
        ("on the radio", "on an AM radio", "on an old radio", "in a radio transmission"), ("radio", "AM radio", "radio transmission")
    ),
    "walkie_talkie": Words(
        ("over a walkie talkie", "over comms", "on a walkie-talkie"), ("walkie talkie", "walkie-talkie", "over comms", "comms")
    ),
    "behind_wall": Words(
        ("through a wall", "behind a wall", "from another room", "from next door"),
        ("muffled", "through a wall", "next door", "from another room", "behind a wall"),
        ("muffled",),
    ),
    "under_water": Words(("under water", "underwater"), ("underwater", "submerged", "under water")),
    "old_record": Words(
        ("on an old record", "on vinyl", "on a gramophone", "in an old recording"), ("vinyl", "old record", "gramophone", "old recording")
    ),
    "megaphone": Words(
        ("through a megaphone", "over a loudspeaker", "over a PA system", "over a tannoy"),
        ("megaphone", "loudspeaker", "PA system", "tannoy"),
    ),
    "lofi": Words(
        ("in lo-fi quality", "in low quality", "with bitcrushed sound"),
        ("lo-fi", "lofi", "bitcrushed", "low quality"),
        ("lo-fi", "bitcrushed"),
    ),
    "overdriven": Words(
        ("heavily distorted", "with heavy distortion", "blown out and distorted"),
        ("distorted", "overdriven", "blown out"),
        ("distorted", "overdriven"),
    ),
    "tape": Words(("on tape", "on a cassette", "on a cassette tape"), ("tape", "cassette", "on tape")),
}
# Colours that take the highs away: words of brightness and of hard attacks would no longer be true.
MUFFLING: frozenset[str] = frozenset(("behind_wall", "under_water", "telephone", "radio", "walkie_talkie", "old_record"))

LEVELS: Mapping[str, Words] = {
    "quiet": Words(("at low volume", "at a low volume", "turned down low"), ("quiet", "soft", "faint"), ("quiet", "soft", "faint")),
    "loud": Words(
        ("at high volume", "at full volume", "turned up loud"), ("loud", "very loud", "cranked"), ("loud", "very loud", "deafening")
    ),
}
RESERVED_LEVELS: Mapping[str, str] = {"quiet": "hushed", "loud": "thunderous"}

BACKGROUND: Mapping[str, tuple[str, ...]] = {
    "loud": ("in the background", "all around"),
    "middle": ("in the background",),
    "faint": ("faintly in the background", "in the far background", "quietly in the background"),
}
AMBIENCE_ADJECTIVES: Mapping[str, tuple[str, ...]] = {"loud": ("loud",), "middle": (), "faint": ("faint", "quiet")}


def ambience_step(snr_db: float) -> str:
    """How an ambience stands to its foreground: loud (-2..0 dB), middle (5..9), faint (13..20); the sign convention does not matter."""
    if abs(snr_db) <= 3:
        return "loud"
    return "faint" if abs(snr_db) >= 12 else "middle"
