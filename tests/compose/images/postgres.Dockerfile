# Stand-in for the image of Citus: PostgreSQL, with Citus if its files are in the folder `postgres`.
FROM leaderforge/base:test
COPY postgres /
# The server that has Citus, otherwise the only one.
RUN ldconfig && ln -s "$(ls -d /usr/lib/postgresql/*/lib/citus.so /usr/lib/postgresql/17/lib | head -n 1 | sed 's,/lib/citus.so$,,;s,/lib$,,')" /opt/postgresql \
    && install -d -o postgres -m 3777 /run/postgresql && install -d /var/lib/postgresql/data
ENV PATH=/opt/postgresql/bin:/usr/sbin:/usr/bin:/sbin:/bin
VOLUME /var/lib/postgresql/data
STOPSIGNAL SIGINT
ENTRYPOINT ["bash", "/entrypoint.sh"]
CMD ["postgres"]
