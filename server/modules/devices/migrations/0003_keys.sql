-- Agents prove who they are with an Ed25519 key; those of before, who held a bearer key, are revoked.
alter table devices.agent
    -- The raw public key, RFC 8032.
    add column public_key bytea constraint agent_public_key unique
                                check (octet_length(public_key) = 32);
update devices.agent
   set revoked_at = now(), connected = false, row_version = row_version + 1
 where revoked_at is null;
alter table devices.agent
    drop column key_hash,
    add constraint agent_has_key check (public_key is not null or revoked_at is not null);
