"""What is signed, to the byte: other implementations can be checked against it."""

from hypothesis import given
from hypothesis import strategies as st

from contract.ids import AgentId
from contract.proof import agent_claim, server_claim, site_fingerprint

PARTS = st.tuples(
    st.binary(min_size=32, max_size=32),
    st.binary(min_size=32, max_size=32),
    st.text(max_size=64).map(AgentId),
    st.binary(min_size=32, max_size=32),
)


def test_a_known_claim_has_known_bytes() -> None:
    claim = agent_claim(b"\0" * 32, b"\1" * 32, AgentId("a"), b"\2" * 32)
    assert claim == (
        b"genba-link-agent-2\0"
        b'["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",'
        b'"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",'
        b'"a",'
        b'"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI="]'
    )


@given(PARTS, PARTS)
def test_other_facts_are_another_claim(
    one: tuple[bytes, bytes, AgentId, bytes], two: tuple[bytes, bytes, AgentId, bytes]
) -> None:
    assert (agent_claim(*one) == agent_claim(*two)) == (one == two)


@given(PARTS)
def test_one_sides_signature_is_never_the_others(
    parts: tuple[bytes, bytes, AgentId, bytes],
) -> None:
    assert agent_claim(*parts) != server_claim(*parts)


def test_a_fingerprint_is_of_key_and_ca() -> None:
    known = site_fingerprint(bytes(32), "")
    assert len(known) == 32
    assert known not in {site_fingerprint(b"\1" * 32, ""), site_fingerprint(bytes(32), "PEM")}
