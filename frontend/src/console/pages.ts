import { lazyPage } from '../lazyPage';

// The router loads this one module for all pages of the console. The site's first load contains the address of each
// module that the router loads, and would be larger with one module per page.
export { ConsolePage } from './ConsolePage';

export const StatePage = lazyPage(() => import('./state/StatePage'), 'StatePage');
export const ActivityPage = lazyPage(() => import('./activity/ActivityPage'), 'ActivityPage');
export const BoardsPage = lazyPage(() => import('./BoardsPage'), 'BoardsPage');
export const PlayersPage = lazyPage(() => import('./players/PlayersPage'), 'PlayersPage');
export const TeamsPage = lazyPage(() => import('./teams/TeamsPage'), 'TeamsPage');
export const ModerationPage = lazyPage(() => import('./moderation/ModerationPage'), 'ModerationPage');
export const ImportsPage = lazyPage(() => import('./imports/ImportsPage'), 'ImportsPage');
export const AwardsPage = lazyPage(() => import('./awards/AwardsPage'), 'AwardsPage');
export const EndpointsPage = lazyPage(() => import('./endpoints/EndpointsPage'), 'EndpointsPage');
export const PeoplePage = lazyPage(() => import('./people/PeoplePage'), 'PeoplePage');
export const KeysPage = lazyPage(() => import('./KeysPage'), 'KeysPage');
export const AuditPage = lazyPage(() => import('./audit/AuditPage'), 'AuditPage');
