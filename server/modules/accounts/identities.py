"""Who a request comes from: an API token in the header, or the browser's session cookie."""

from server.kernel.auth import Carrier, Credential, Principal, digest, holder_of_token
from server.kernel.database import Connection
from server.modules.accounts import store_sessions
from server.modules.accounts.rules import TOUCH_AFTER
from server.modules.accounts.sign_in import actor


async def identify(connection: Connection, credential: Credential) -> Principal | None:
    """Return the holder of a valid credential. One query a request, and a write a minute."""
    if credential.carrier is Carrier.BEARER:
        return await holder_of_token(connection, credential.secret)
    holder = await store_sessions.holder(connection, digest(credential.secret), TOUCH_AFTER)
    if holder is None:
        return None
    if holder.stale and not credential.background:
        await store_sessions.touch(connection, holder.session)
    return Principal(
        actor=actor(holder.account),
        name=holder.name,
        permissions=holder.permissions,
        account=holder.account,
        session=holder.session,
    )
