"""Who a request comes from: a token in the header, or the browser's session cookie."""

from server.kernel.auth import Carrier, Credential, Principal, digest, holder_of_token
from server.kernel.database import Connection
from server.modules.accounts import clients, store_apps, store_clients, store_sessions
from server.modules.accounts.access_tokens import AccessTokens
from server.modules.accounts.rules import TOUCH_AFTER
from server.modules.accounts.sign_in import actor


def principal_of(holder: store_sessions.Holder) -> Principal:
    """Return who a session's holder is; while a second factor is due, without any permission."""
    return Principal(
        actor=actor(holder.account),
        name=holder.name,
        permissions=frozenset() if holder.restricted else holder.permissions,
        account=holder.account,
        session=holder.session,
        restricted=holder.restricted,
    )


class Identities:
    """Knows the holders of credentials."""

    def __init__(self, access_tokens: AccessTokens) -> None:
        self.access_tokens = access_tokens

    async def identify(self, connection: Connection, credential: Credential) -> Principal | None:
        """Return the holder of a valid credential. One query a request, and a write a minute."""
        if credential.carrier is Carrier.BEARER:
            # A JWT is three parts (RFC 7519, 3); the tokens that we draw have no dot.
            if credential.secret.count(".") == 2:
                return await self._holder_of_jwt(connection, credential.secret)
            return await holder_of_token(connection, credential.secret)
        holder = await store_sessions.holder(connection, digest(credential.secret), TOUCH_AFTER)
        if holder is None:
            return None
        if holder.stale and not credential.background:
            await store_sessions.touch(connection, holder.session)
        return principal_of(holder)

    async def _holder_of_jwt(self, connection: Connection, token: str) -> Principal | None:
        """Return the holder as the database has them now, so that revoking works at once."""
        claims = await self.access_tokens.verify(token)
        if claims is None:
            return None
        kind, _, id_ = claims.sub.partition(":")
        if kind == "account":
            found = await store_apps.holder(connection, claims.sid, id_)
            if found is None:
                return None
            account = found.account
            return Principal(actor(account), found.name, found.permissions, account)
        machine = await store_clients.holder(connection, id_, claims.sid)
        return Principal(clients.actor(id_), *machine) if machine else None
