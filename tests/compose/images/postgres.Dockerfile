# Stand-in for the image of Citus: PostgreSQL without Citus.
FROM leaderforge/base:test
ENV PATH=/usr/lib/postgresql/17/bin:/usr/sbin:/usr/bin:/sbin:/bin
COPY postgres.sh /entrypoint.sh
RUN install -d -o postgres -m 3777 /run/postgresql && install -d /var/lib/postgresql/data
VOLUME /var/lib/postgresql/data
STOPSIGNAL SIGINT
ENTRYPOINT ["bash", "/entrypoint.sh"]
CMD ["postgres"]
