"""A seal holds for exactly the content that was signed, by a key of this clinic."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from titrant.record.seal import Broken, check, key_name, sealed

CONTENT = {"content": {"regimen": {"dose_mg": "10"}}, "text": "Take 10 mg", "printed_name": "Dr Synthetic"}


def test_a_seal_holds_for_its_content_alone() -> None:
    key = Ed25519PrivateKey.generate()
    keys = {key_name(key.public_key()): key.public_key()}
    seal = sealed(CONTENT, key)
    check(CONTENT, seal, keys)
    for other in (CONTENT | {"text": "Take 100 mg"}, CONTENT | {"extra": "1"}, {}):
        with pytest.raises(Broken):
            check(other, seal, keys)


@pytest.mark.parametrize("name", ["signature", "sha256", "key"])
def test_a_seal_that_was_changed_or_lost_a_part_is_broken(name) -> None:
    key = Ed25519PrivateKey.generate()
    keys = {key_name(key.public_key()): key.public_key()}
    seal = sealed(CONTENT, key)
    for changed in (seal | {name: "A" * 16}, {part: value for part, value in seal.items() if part != name}):
        with pytest.raises(Broken):
            check(CONTENT, changed, keys)


def test_the_key_of_another_clinic_signs_nothing_here() -> None:
    own, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    with pytest.raises(Broken):
        check(CONTENT, sealed(CONTENT, other), {key_name(own.public_key()): own.public_key()})
