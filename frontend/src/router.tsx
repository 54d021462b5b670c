import {
  createHashHistory,
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  notFound,
  retainSearchParams,
  type RouterHistory,
} from '@tanstack/react-router';

import { LeaderboardPage } from './board/LeaderboardPage';
import type { Config } from './config';
import { parseLadder, parseShownRank } from './ladder/search';
import { BrokenPage } from './shell/BrokenPage';
import { LostPage } from './shell/LostPage';
import { Shell } from './shell/Shell';

const root = createRootRouteWithContext<Config>()({
  component: Shell,
  notFoundComponent: LostPage,
  validateSearch: parseLadder,
  // Links keep the selected board and period.
  search: { middlewares: [retainSearchParams(['board', 'period'])] },
});

const leaderboard = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: LeaderboardPage,
  validateSearch: parseShownRank,
});

const player = createRoute({
  getParentRoute: () => root,
  path: '/player/$id',
  component: lazyRouteComponent(() => import('./player/PlayerPage'), 'PlayerPage'),
});

const friends = createRoute({
  getParentRoute: () => root,
  path: '/friends',
  component: lazyRouteComponent(() => import('./friends/FriendsPage'), 'FriendsPage'),
});

const submit = createRoute({
  getParentRoute: () => root,
  path: '/submit',
  beforeLoad: ({ context }) => {
    if (!context.devMode) throw notFound(); // eslint-disable-line @typescript-eslint/only-throw-error -- as the router wants it
  },
  component: lazyRouteComponent(() => import('./submit/SubmitPage'), 'SubmitPage'),
});

const consoleFrame = createRoute({
  getParentRoute: () => root,
  path: '/console',
  beforeLoad: ({ context }) => {
    if (!context.console) throw notFound(); // eslint-disable-line @typescript-eslint/only-throw-error -- as the router wants it
  },
  component: lazyRouteComponent(() => import('./console/ConsolePage'), 'ConsolePage'),
});

const state = createRoute({
  getParentRoute: () => consoleFrame,
  path: '/',
  component: lazyRouteComponent(() => import('./console/state/StatePage'), 'StatePage'),
});

const boards = createRoute({
  getParentRoute: () => consoleFrame,
  path: '/boards',
  component: lazyRouteComponent(() => import('./console/BoardsPage'), 'BoardsPage'),
});

const players = createRoute({
  getParentRoute: () => consoleFrame,
  path: '/players',
  component: lazyRouteComponent(() => import('./console/players/PlayersPage'), 'PlayersPage'),
});

const moderation = createRoute({
  getParentRoute: () => consoleFrame,
  path: '/moderation',
  component: lazyRouteComponent(() => import('./console/ModerationPage'), 'ModerationPage'),
});

const keys = createRoute({
  getParentRoute: () => consoleFrame,
  path: '/keys',
  component: lazyRouteComponent(() => import('./console/KeysPage'), 'KeysPage'),
});

const audit = createRoute({
  getParentRoute: () => consoleFrame,
  path: '/audit',
  component: lazyRouteComponent(() => import('./console/AuditPage'), 'AuditPage'),
});

/** The page's address is in the hash: any file server can serve the site, from any folder. */
export function createAppRouter(config: Config, history: RouterHistory = createHashHistory()) {
  return createRouter({
    routeTree: root.addChildren([leaderboard, player, friends, submit, consoleFrame.addChildren([state, boards, players, moderation, keys, audit])]),
    history,
    context: config,
    defaultErrorComponent: BrokenPage,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
