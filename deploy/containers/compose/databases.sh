# Run by the image when it makes its data: a database, a role and a schema for each service, and a database for Keystone.
psql --set ON_ERROR_STOP=1 --quiet \
    --set keystone="$(cat /run/secrets/keystone)" --set provisioner="$(cat /run/secrets/provisioner)" \
    --set token_issuer="$(cat /run/secrets/token-issuer)" --set revoker="$(cat /run/secrets/revoker)" <<'SQL'
create role keystone login password :'keystone';
create role lanyard_provisioner login password :'provisioner';
create role lanyard_token_issuer login password :'token_issuer';
create role lanyard_revoker login password :'revoker';
create database lanyard;
\connect lanyard
create schema lanyard_provisioner authorization lanyard_provisioner;
create schema lanyard_token_issuer authorization lanyard_token_issuer;
create schema lanyard_revoker authorization lanyard_revoker;
-- Last: that it is there says that all is.
create database keystone owner keystone;
SQL
