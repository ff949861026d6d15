"""What an authenticator's answer proves, by py_webauthn (WebAuthn Level 3, 7.1 and 7.2). No I/O."""

import binascii
import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, parse_client_data_json
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorAssertionResponse,
    AuthenticatorAttestationResponse,
    RegistrationCredential,
)

from server.modules.accounts.passkey_model import (
    Assertion,
    Attestation,
    PasskeyRefused,
    PasskeysNeedName,
)

ALGORITHMS = (
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a ceremony happens: the page's origin, and the RP id that belongs to it."""

    origin: str
    rp: str


@dataclass(frozen=True, slots=True)
class KeptKey:
    """A fresh passkey's public half."""

    credential: bytes
    public_key: bytes
    sign_count: int


def place_of(origin: str) -> Place:
    """Return where passkeys work for this origin: its host name, without the port.

    Raises PasskeysNeedName for an IP address and for plain http but on localhost: no browser
    offers passkeys there (WebAuthn, 5.1.3; Secure Contexts, 3.1).
    """
    parts = urlsplit(origin)
    host = parts.hostname or ""
    local = host == "localhost" or host.endswith(".localhost")
    if not host or _is_address(host) or not (parts.scheme == "https" or local):
        raise PasskeysNeedName()
    return Place(origin, host)


def decode(text: str) -> bytes:
    """Return the bytes of base64url text. Raises PasskeyRefused."""
    try:
        return base64url_to_bytes(text)
    except (binascii.Error, ValueError) as error:
        raise PasskeyRefused() from error


def encode(value: bytes) -> str:
    """Return bytes as base64url text, without padding."""
    return bytes_to_base64url(value)


def challenge_in(answer: Attestation | Assertion) -> bytes:
    """Return the challenge that an answer claims to be for. Raises PasskeyRefused."""
    try:
        client_data = parse_client_data_json(decode(answer.client_data))
    except Exception as error:  # the library lets a decoder's own errors through
        raise PasskeyRefused() from error
    if client_data.cross_origin:  # our pages are in nobody's frame
        raise PasskeyRefused()
    return client_data.challenge


def check_attestation(answer: Attestation, challenge: bytes, place: Place) -> KeptKey:
    """Return the passkey that was made for this challenge, here, by a person it recognised.

    Raises PasskeyRefused.
    """
    credential = RegistrationCredential(
        id=answer.id,
        raw_id=decode(answer.id),
        response=AuthenticatorAttestationResponse(
            client_data_json=decode(answer.client_data),
            attestation_object=decode(answer.attestation_object),
        ),
    )
    try:
        verified = verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=place.rp,
            expected_origin=place.origin,
            require_user_verification=True,
            supported_pub_key_algs=list(ALGORITHMS),
        )
    except Exception as error:  # hostile CBOR: the library lets a decoder's own errors through
        raise PasskeyRefused() from error
    if verified.credential_id != credential.raw_id:
        raise PasskeyRefused()
    return KeptKey(verified.credential_id, verified.credential_public_key, verified.sign_count)


def check_assertion(answer: Assertion, challenge: bytes, place: Place, public_key: bytes) -> int:
    """Return the passkey's count after it signed this challenge, here, for its owner.

    Raises PasskeyRefused. Comparing the count is left to the caller: the library does it before it
    looks at the signature, and an unsigned count proves nothing.
    """
    credential = AuthenticationCredential(
        id=answer.id,
        raw_id=decode(answer.id),
        response=AuthenticatorAssertionResponse(
            client_data_json=decode(answer.client_data),
            authenticator_data=decode(answer.authenticator_data),
            signature=decode(answer.signature),
        ),
    )
    try:
        verified = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=place.rp,
            expected_origin=place.origin,
            credential_public_key=public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except Exception as error:  # as above
        raise PasskeyRefused() from error
    return verified.new_sign_count


def is_clone(kept: int, now: int) -> bool:
    """Say whether a count suggests a copied key: it must grow, unless it is not counted at all."""
    return (kept > 0 or now > 0) and now <= kept


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
