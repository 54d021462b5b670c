# nginx that serves the static web page, and passes /api/ on to the API. The tags of link previews come from the API too.
FROM node:22.21-bookworm-slim AS build
WORKDIR /build/frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc* ./
RUN npm ci --no-audit --no-fund --ignore-scripts
COPY frontend ./
RUN npm run build

FROM nginxinc/nginx-unprivileged:1.29-alpine
COPY deploy/images/api-address.conf /etc/nginx/conf.d/api-address.conf
COPY deploy/images/nginx.conf /etc/nginx/conf.d/default.conf
COPY --from=build /build/frontend/dist /usr/share/nginx/html
EXPOSE 8080
