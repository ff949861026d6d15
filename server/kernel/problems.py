"""Problems that a caller can do something about, as RFC 9457 says them.

A problem is raised anywhere below the edge and turned into an answer in one place (`http.py`). Its
words are in the catalogues under `problem-<slug>` (title) and `problem-<slug>.detail`.
"""

from collections.abc import Sequence
from typing import ClassVar

import msgspec


class FieldError(msgspec.Struct, frozen=True, omit_defaults=True):
    """One wrong value: where it is, what is wrong (a code or a sentence), its line if any."""

    field: str
    message: str
    line: int | None = None


class ProblemDocument(msgspec.Struct, frozen=True, omit_defaults=True):
    """The JSON body of every refusal (`application/problem+json`)."""

    type: str
    title: str
    status: int
    detail: str = ""
    field: str = ""
    expected: str = ""
    errors: tuple[FieldError, ...] = ()
    request: str = ""


class Problem(Exception):
    """Something the caller can mend; `args` fill the catalogue's sentence."""

    slug: ClassVar[str] = "problem"
    status: ClassVar[int] = 400

    def __init__(
        self,
        *,
        field: str = "",
        expected: str = "",
        errors: Sequence[FieldError] = (),
        retry_after: int | None = None,
        **words: str | int,
    ) -> None:
        super().__init__(f"{self.slug} {field} {expected} {words or ''}".strip())
        self.field = field
        self.expected = expected
        self.errors = tuple(errors)
        self.retry_after = retry_after
        self.words = words


class Malformed(Problem):
    """The request cannot be read as what the path takes."""

    slug = "malformed"
    status = 400


class Invalid(Problem):
    """The request is readable, but a value breaks a rule."""

    slug = "invalid"
    status = 422


class Unauthenticated(Problem):
    """No valid token came with the request."""

    slug = "unauthenticated"
    status = 401


class Forbidden(Problem):
    """The principal lacks the permission."""

    slug = "forbidden"
    status = 403


class ForeignOrigin(Problem):
    """A page of another site tried to act with this browser's cookie."""

    slug = "foreign-origin"
    status = 403


class NotFound(Problem):
    """There is no such thing."""

    slug = "not-found"
    status = 404


class MethodNotAllowed(Problem):
    """The path exists, but not for this method."""

    slug = "method-not-allowed"
    status = 405


class Conflicting(Problem):
    """The request contradicts what is there now."""

    slug = "conflicting"
    status = 409


class AlreadyThere(Conflicting):
    """A unique value (code, card) is taken."""

    slug = "already-there"


class PreconditionRequired(Problem):
    """An edit must say which version it edits (If-Match)."""

    slug = "precondition-required"
    status = 428


class PreconditionFailed(Problem):
    """Somebody else changed it meanwhile."""

    slug = "precondition-failed"
    status = 412


class TooLarge(Problem):
    """The body is larger than this path takes."""

    slug = "too-large"
    status = 413


class TooSlow(Problem):
    """The body did not arrive in time."""

    slug = "too-slow"
    status = 408


class WrongMediaType(Problem):
    """The body's Content-Type is not what this path takes."""

    slug = "wrong-media-type"
    status = 415


class KeyReused(Problem):
    """The Idempotency-Key was used before with another request."""

    slug = "key-reused"
    status = 422


class Unavailable(Problem):
    """The database is away; nothing was changed."""

    slug = "unavailable"
    status = 503


class Unexpected(Problem):
    """Our fault; the log has it under the request's id."""

    slug = "unexpected"
    status = 500
