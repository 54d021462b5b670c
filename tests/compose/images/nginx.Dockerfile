# Stand-in for the unprivileged image of nginx.
FROM leaderforge/base:test
RUN mkdir -p /etc/nginx/conf.d /usr/share/nginx/html
COPY nginx.conf /etc/nginx/nginx.conf
USER 101
CMD ["nginx", "-e", "/dev/stderr", "-g", "daemon off;"]
