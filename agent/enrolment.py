"""Enrolling without a screen: a one-time token makes this agent one of the site's."""

from agent.asking import AskError, ask
from agent.identity import Identity, new_private_key, public_key
from agent.server_address import BadAddress, pinned_context, read_address, unverified_context
from contract.pairing import ENROL, SITE, EnrolAnswer, EnrolRequest, SiteFacts
from contract.proof import site_fingerprint


class EnrolError(Exception):
    """The server did not take this agent; the text is for whoever typed the command."""


def enrol(url: str, token: str) -> Identity:
    """Make a key and have it taken in for a one-time token. Blocks; raises EnrolError.

    The token says how the site is known: the site's key and CA are checked against that first, and
    the token is shown to no one else.
    """
    _, dot, fingerprint = token.partition(".")
    if not dot:
        raise EnrolError("this is no enrolment token; make one with `genba-server enrol`")
    try:
        address = read_address(url)
        facts = ask(address, SITE, None, SiteFacts, unverified_context() if address.tls else None)
        if site_fingerprint(facts.site_key, facts.ca) != fingerprint:
            raise EnrolError(
                f"{address.url} is not the server that made this token (its keys are others)"
            )
        context = pinned_context(facts.ca, clock_known=False) if address.tls else None
        private_key = new_private_key()
        request = EnrolRequest(token, public_key(private_key))
        answer = ask(address, ENROL, request, EnrolAnswer, context)
    except BadAddress as exc:
        raise EnrolError(f"{url!r} is no server's address") from exc
    except (AskError, OSError) as exc:
        raise EnrolError(str(exc)) from exc
    if (answer.site_key, answer.ca) != (facts.site_key, facts.ca):
        raise EnrolError("the server changed its keys on the way; try again")
    return Identity(answer.agent, answer.name, private_key, facts.site_key, facts.ca, address.url)
