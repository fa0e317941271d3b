-- Many may have a host name pending; one has it verified.
CREATE UNIQUE INDEX "domains_verified_hostname_key" ON "domains" ("hostname") WHERE "state" = 'verified';
