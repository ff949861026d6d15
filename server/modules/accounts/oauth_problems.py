"""How the token endpoint says no: RFC 6749, 5.2, where others say RFC 9457."""

import enum

import msgspec

from server.kernel.http import Reply
from server.kernel.problems import Invalid, Malformed, Problem, TooLarge, WrongMediaType


class TokenError(enum.StrEnum):
    """The RFC's codes."""

    INVALID_REQUEST = "invalid_request"
    INVALID_CLIENT = "invalid_client"
    INVALID_GRANT = "invalid_grant"
    UNSUPPORTED_GRANT_TYPE = "unsupported_grant_type"
    INVALID_SCOPE = "invalid_scope"


class TokenErrorDocument(msgspec.Struct, frozen=True, omit_defaults=True):
    """The JSON body of a refusal. The description is for developers: English, ASCII."""

    error: TokenError
    error_description: str = ""


class TokenRefused(Problem):
    """The token endpoint gives nothing; `expected` says why."""

    slug = "token-refused"
    status = 400

    def __init__(self, error: TokenError, description: str) -> None:
        super().__init__(expected=description)
        self.error = error


def say(problem: Problem) -> Reply | None:
    """Return the refusal as the RFC has it, or None for what it does not speak of (429, 503)."""
    if isinstance(problem, TokenRefused):
        error = problem.error
    elif isinstance(problem, Malformed | Invalid | TooLarge | WrongMediaType):
        error = TokenError.INVALID_REQUEST
    else:
        return None
    words = " ".join(part for part in (problem.field, problem.expected) if part)
    document = TokenErrorDocument(
        error, "".join(c for c in words if " " <= c <= "~" and c not in '"\\')
    )
    headers = {"Pragma": "no-cache"}
    if error is TokenError.INVALID_CLIENT:
        return Reply(document, 401, headers=headers | {"WWW-Authenticate": 'Basic realm="genba"'})
    return Reply(document, 400, headers=headers)
