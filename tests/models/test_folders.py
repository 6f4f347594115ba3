"""Ids of packs: what can be a folder on every system, and what cannot."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.models.folders import check_new_id
from engine.types import EngineError

DEVICES = ("con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10)))
NAMES = st.text(alphabet="abcnoupxlr0129._- ", max_size=12)


def refusal(pack_id: str) -> str:
    with pytest.raises(EngineError) as caught:
        check_new_id(pack_id)
    assert caught.value.kind == "value" and caught.value.message.endswith(".") and "\n" not in caught.value.message
    return caught.value.message


@pytest.mark.parametrize("ending", ["", ".txt", ".pack.json", ".1"])
@pytest.mark.parametrize("device", DEVICES)
def test_devices_of_windows_are_no_packs(device: str, ending: str) -> None:
    assert "names a device on Windows" in refusal(device + ending)
    assert "names a device on Windows" in refusal(device.upper() + ending)


@pytest.mark.parametrize("pack_id", ["console", "nul-1", "com", "com10", "lpt", "auxiliary", "my.con", "prn_", "a", "con-1.txt", "x" * 64])
def test_names_that_only_look_like_devices(pack_id: str) -> None:
    assert check_new_id(pack_id) == pack_id


@pytest.mark.parametrize(
    "pack_id", ["rain.", "rain ", "rain..", " rain", "rain\n", ".rain", "", "Rain", "a/b", "..", "x" * 65, "con.", "con "]
)
def test_what_systems_understand_differently(pack_id: str) -> None:
    refusal(pack_id)


@given(st.one_of(NAMES, st.builds("{}{}".format, st.sampled_from(DEVICES), NAMES)))
def test_what_is_taken_means_the_same_everywhere(pack_id: str) -> None:
    try:
        check_new_id(pack_id)
    except EngineError:
        return
    assert pack_id.partition(".")[0] not in DEVICES
    assert pack_id == pack_id.strip(" .").lower() and pack_id.isascii()
