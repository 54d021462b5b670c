import {
  createHashHistory,
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  notFound,
  type RouterHistory,
} from '@tanstack/react-router';

import { LeaderboardPage } from './board/LeaderboardPage';
import type { Config } from './config';
import { BrokenPage } from './shell/BrokenPage';
import { LostPage } from './shell/LostPage';
import { Shell } from './shell/Shell';

const root = createRootRouteWithContext<Config>()({ component: Shell, notFoundComponent: LostPage });

const leaderboard = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: LeaderboardPage,
  validateSearch: (search: Record<string, unknown>): { rank?: number } => {
    const rank = Number(search.rank);
    return Number.isSafeInteger(rank) && rank > 0 ? { rank } : {};
  },
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

/** The page's address is in the hash, so that any file server can serve it, from any folder. */
export function createAppRouter(config: Config, history: RouterHistory = createHashHistory()) {
  return createRouter({
    routeTree: root.addChildren([leaderboard, player, friends, submit]),
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
