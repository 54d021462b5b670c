import {
  createBrowserHistory,
  createHashHistory,
  createRootRouteWithContext,
  createRoute,
  createRouter,
  notFound,
  retainSearchParams,
  type RouterHistory,
} from '@tanstack/react-router';

import { LeaderboardPage } from './board/LeaderboardPage';
import type { Config } from './config';
import { hasAddresses, keepAnswer } from './answer';
import { parseModerated } from './console/moderation/search';
import { preferredLanguage, speak } from './i18n/text';
import { parseLadder, parseShownRank } from './ladder/search';
import { lazyPage, retryPages } from './lazyPage';
import { parseMoments, type MomentSearch } from './moments/search';
import { BrokenPage } from './shell/BrokenPage';
import { isEnglishPage } from './shell/englishPages';
import { LoadingPage } from './shell/LoadingPage';
import { LostPage } from './shell/LostPage';
import { Shell } from './shell/Shell';

const PlayerPage = lazyPage(() => import('./player/PlayerPage'), 'PlayerPage');
const FriendsPage = lazyPage(() => import('./friends/FriendsPage'), 'FriendsPage');
const SubmitPage = lazyPage(() => import('./submit/SubmitPage'), 'SubmitPage');

const root = createRootRouteWithContext<Config>()({
  component: Shell,
  notFoundComponent: LostPage,
  validateSearch: parseLadder,
  // Links keep the selected board, period and segment.
  search: { middlewares: [retainSearchParams(['board', 'period', 'segment'])] },
  beforeLoad: ({ context, location }) => speak(languageAt(location.pathname, context)),
});

/** Return the language of the page at this path. */
function languageAt(pathname: string, config: Config) {
  return isEnglishPage(pathname) ? 'en' : preferredLanguage(config.language);
}

/** The selected moments stay when the reader selects another rank, board, period, segment or player. */
const keepMoments = { middlewares: [retainSearchParams<MomentSearch>(['since', 'at'])] };

const leaderboard = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: LeaderboardPage,
  validateSearch: (search: Record<string, unknown>) => ({ ...parseShownRank(search), ...parseMoments(search) }),
  search: keepMoments,
});

const player = createRoute({
  getParentRoute: () => root,
  path: '/player/$id',
  component: PlayerPage,
  validateSearch: parseMoments,
  search: keepMoments,
});

const friends = createRoute({
  getParentRoute: () => root,
  path: '/friends',
  component: FriendsPage,
  validateSearch: parseMoments,
  search: keepMoments,
});

const submit = createRoute({
  getParentRoute: () => root,
  path: '/submit',
  beforeLoad: ({ context }) => {
    if (!context.devMode) throw notFound(); // eslint-disable-line @typescript-eslint/only-throw-error -- the router's API
  },
  component: SubmitPage,
});

const consoleFrame = createRoute({
  getParentRoute: () => root,
  path: '/console',
  beforeLoad: ({ context }) => {
    if (!context.console) throw notFound(); // eslint-disable-line @typescript-eslint/only-throw-error -- the router's API
  },
  component: consolePage('ConsolePage'),
});

const moderation = createRoute({
  getParentRoute: () => consoleFrame,
  path: '/moderation',
  component: consolePage('ModerationPage'),
  validateSearch: parseModerated,
});

const consoleRoutes = [
  moderation,
  consoleRoute('/', 'StatePage'),
  consoleRoute('/activity', 'ActivityPage'),
  consoleRoute('/boards', 'BoardsPage'),
  consoleRoute('/players', 'PlayersPage'),
  consoleRoute('/teams', 'TeamsPage'),
  consoleRoute('/imports', 'ImportsPage'),
  consoleRoute('/awards', 'AwardsPage'),
  consoleRoute('/endpoints', 'EndpointsPage'),
  consoleRoute('/people', 'PeoplePage'),
  consoleRoute('/keys', 'KeysPage'),
  consoleRoute('/audit', 'AuditPage'),
] as const;

type ConsolePages = typeof import('./console/pages');

function consolePage(name: keyof ConsolePages) {
  return lazyPage<keyof ConsolePages>(() => import('./console/pages'), name);
}

function consoleRoute<const Path extends string>(path: Path, name: keyof ConsolePages) {
  return createRoute({ getParentRoute: () => consoleFrame, path, component: consolePage(name) });
}

/** Load the pages of players while the browser is idle, so that they open without a connection. */
export function preloadPages(config: Config): void {
  const idle = typeof requestIdleCallback === 'undefined' ? setTimeout : requestIdleCallback;
  const pages = [PlayerPage, FriendsPage, ...(config.devMode ? [SubmitPage] : [])];
  idle(() => {
    performance.mark('preload');
    void Promise.all(pages.map(async (page) => page.preload?.())).then(retryPages);
  });
}

/**
 * Return the router's history. A server that serves the page at each of the page's addresses inserts a `<base>`
 * element. The addresses then are paths. On other file servers, the address is after the `#`.
 */
export function createHistory(): RouterHistory {
  keepAnswer();
  if (!hasAddresses()) return createHashHistory();
  const history = createBrowserHistory();
  followHash(history);
  window.addEventListener('hashchange', () => followHash(history));
  return history;
}

/** Open the address after the `#`, if there is one: in links of earlier versions, the address is there. */
function followHash(history: RouterHistory): void {
  const hashed = /^#(\/.*)$/.exec(location.hash)?.[1];
  if (hashed === undefined) return;
  const { pathname, search } = new URL(`.${hashed}`, document.baseURI);
  history.replace(`${pathname}${search}`);
}

export function createAppRouter(config: Config, history: RouterHistory = createHistory()) {
  return createRouter({
    routeTree: root.addChildren([leaderboard, player, friends, submit, consoleFrame.addChildren(consoleRoutes)]),
    history,
    basepath: basePath(),
    context: config,
    defaultErrorComponent: BrokenPage,
    defaultPendingComponent: LoadingPage,
  });
}

/** Return the folder that contains the page's addresses, `/` if the addresses are after the `#`. */
function basePath(): string {
  return hasAddresses() ? new URL(document.baseURI).pathname : '/';
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
