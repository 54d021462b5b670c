# Stand-in for the image of PgBouncer: its entrypoint writes the configuration from variables.
FROM leaderforge/base:test
COPY pgbouncer.sh /entrypoint.sh
RUN rm -rf /etc/pgbouncer && install -d -o postgres /etc/pgbouncer
USER postgres
ENTRYPOINT ["sh", "/entrypoint.sh"]
